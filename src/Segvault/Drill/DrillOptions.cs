using System.Collections.Immutable;

namespace Segvault;

/// <summary>How a drill is done.</summary>
public sealed record DrillOptions
{
    /// <summary>Canary queries to ask, besides those that are stored with the backup.</summary>
    public ImmutableArray<DrillQuery> Queries { get; init; } = [];

    /// <summary>
    /// A shell command that opens the restored index with the engine itself: docs/drill.md says how it is asked and what it answers. Null means the
    /// one that <see cref="UseInstalledEngine"/> finds.
    /// </summary>
    public string? EngineCommand { get; init; }

    /// <summary>Whether to look for the engine on this machine when there is no command: Node and the binding of Tantivy.</summary>
    public bool UseInstalledEngine { get; init; } = true;

    /// <summary>How long the engine may take. It is stopped then, and the drill has failed.</summary>
    public TimeSpan EngineTimeout { get; init; } = TimeSpan.FromMinutes(30);

    /// <summary>An existing directory to restore into, inside a new directory that is removed at the end. Null means the system's temporary directory.</summary>
    public string? Scratch { get; init; }
}
