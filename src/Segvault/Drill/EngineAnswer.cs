using System.Text.Json.Serialization;

namespace Segvault.Drill;

/// <summary>What an engine command prints.</summary>
internal sealed record EngineAnswer
{
    public required long Documents { get; init; }

    public EngineHits?[]? Queries { get; init; }
}

/// <summary>What an engine command found for one query.</summary>
internal sealed record EngineHits(string Query, long Hits);

/// <summary>What an engine command is asked: one line each.</summary>
internal sealed record EngineQuestion(string Query, string? Field, string? Term);

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true)]
[JsonSerializable(typeof(EngineAnswer))]
[JsonSerializable(typeof(EngineQuestion))]
internal sealed partial class DrillJson : JsonSerializerContext;
