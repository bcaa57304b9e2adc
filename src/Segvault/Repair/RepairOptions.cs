using System.Collections.Immutable;

namespace Segvault;

/// <summary>Where a repair looks for what a repository has lost.</summary>
public sealed record RepairOptions
{
    /// <summary>Directories of live indexes: of a segment that is still on disk, every file can be stored again.</summary>
    public ImmutableArray<string> Indexes { get; init; } = [];

    /// <summary>
    /// Another repository: any backup in it that has a file with the same SHA-256. When it is a copy of the repository under repair, objects that are
    /// missing are put back as they were. It is not closed.
    /// </summary>
    public BackupRepository? Repository { get; init; }
}
