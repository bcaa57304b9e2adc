using System.Text.Json.Serialization;

namespace Segvault.Cli.Output;

/// <summary>How far an operation has come.</summary>
internal sealed record ProgressLine(string Phase, long BytesDone, long BytesTotal, double? SecondsLeft)
{
    [JsonPropertyOrder(-3)]
    public string Type => "progress";
}

/// <summary>Something a person should know that did not stop the command.</summary>
internal sealed record WarningLine(string Code, string Message)
{
    [JsonPropertyOrder(-3)]
    public string Type => "warning";
}

/// <summary>The last line of a command that failed.</summary>
internal sealed record ErrorLine(string Command, string Code, string Message, string? Hint)
{
    [JsonPropertyOrder(-3)]
    public string Type => "error";
}

/// <summary>The last line of a command that came to its end. Each command adds its fields.</summary>
internal abstract record SummaryLine(string Command)
{
    [JsonPropertyOrder(-3)]
    public string Type => "summary";

    [JsonPropertyOrder(-2)]
    public string Command { get; } = Command;

    [JsonPropertyOrder(-1)]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool DryRun { get; init; }
}
