using Segvault.Engines;

namespace Segvault.Cli.Input;

/// <summary>Engines as they are named on the command line.</summary>
internal static class EngineNames
{
    /// <summary>The name of an engine; null for <c>auto</c> and for nothing, which mean to find out.</summary>
    /// <exception cref="UsageException">There is no such engine.</exception>
    public static string? Parse(string? text, string option) => text switch
    {
        null or "auto" => null,
        var name when IndexEngines.All.Any(engine => engine.Name == name) => name,
        var name => throw new UsageException(
            $"{option}: there is no engine '{name}'.", $"This version knows: auto, {string.Join(", ", IndexEngines.All.Select(engine => engine.Name))}."),
    };
}
