using System.Collections.Immutable;
using Microsoft.Win32.SafeHandles;

namespace Segvault.Engines;

/// <summary>A consistent view of a live index. While it lives, every file of it can be read; disposing it lets go of them.</summary>
public abstract class PinnedSnapshot : IAsyncDisposable
{
    /// <summary>The index directory.</summary>
    public required string Directory { get; init; }

    /// <summary>The engine's name.</summary>
    public required string Engine { get; init; }

    /// <summary>When the snapshot was pinned.</summary>
    public required DateTimeOffset PinnedAt { get; init; }

    /// <summary>What the commit file says.</summary>
    public required IndexCommit Commit { get; init; }

    /// <summary>Every file of the snapshot, in path order; files that should be there and are not are in <see cref="Problems"/>.</summary>
    public required ImmutableArray<SnapshotFile> Files { get; init; }

    /// <summary>Names in the directory that are not the engine's.</summary>
    public ImmutableArray<string> ForeignFiles { get; init; } = [];

    /// <summary>What is wrong with the index as far as names, lengths and footers tell.</summary>
    public ImmutableArray<IndexProblem> Problems { get; init; } = [];

    /// <summary>Engine versions found in the footers, oldest first.</summary>
    public ImmutableArray<string> EngineVersions { get; init; } = [];

    /// <summary>Index format versions found in the footers, lowest first.</summary>
    public ImmutableArray<int> FormatVersions { get; init; } = [];

    /// <summary>How long the engine's own lock was held.</summary>
    public TimeSpan EngineLockHeld { get; init; }

    /// <summary>Attempts that were needed.</summary>
    public int Attempts { get; init; } = 1;

    /// <summary>Opens a file of the snapshot for reading. A file may be opened again after it was disposed.</summary>
    public abstract SnapshotContent OpenRead(SnapshotFile file);

    /// <summary>Lets go of the files.</summary>
    public abstract ValueTask DisposeAsync();
}

/// <summary>The content of one pinned file.</summary>
public abstract class SnapshotContent : IDisposable
{
    /// <summary>Reads at an offset; returns the number of bytes read, 0 at the end.</summary>
    /// <exception cref="IOException">The file could not be read.</exception>
    public abstract int Read(long offset, Span<byte> buffer);

    /// <summary>The open file itself, while this lives; null when the content is not a file's.</summary>
    internal virtual SafeFileHandle? File => null;

    /// <inheritdoc/>
    public abstract void Dispose();
}

/// <summary>One file of a snapshot.</summary>
public sealed record SnapshotFile
{
    /// <summary>The path inside the index directory, relative, with <c>/</c> on every system.</summary>
    public required string Path { get; init; }

    /// <summary>What kind of file it is: <see cref="EngineFileRole.Commit"/>, <see cref="EngineFileRole.WriteOnce"/> or <see cref="EngineFileRole.Replaceable"/>.</summary>
    public required EngineFileRole Role { get; init; }

    /// <summary>Length in bytes, when it was pinned.</summary>
    public required long Length { get; init; }

    /// <summary>When the file was last modified.</summary>
    public required DateTimeOffset ModifiedAt { get; init; }

    /// <summary>When the file was created, where that is known.</summary>
    public DateTimeOffset? CreatedAt { get; init; }

    /// <summary>Permissions, on Unix systems.</summary>
    public UnixFileMode? Mode { get; init; }

    /// <summary>Owner and group, on Unix systems.</summary>
    public FileOwner? Owner { get; init; }

    /// <summary>The segment that the file belongs to.</summary>
    public string? Segment { get; init; }

    /// <summary>The engine's whole footer, byte for byte; empty when the file has none or it cannot be read.</summary>
    public ImmutableArray<byte> Footer { get; init; } = [];
}

/// <summary>How a snapshot is pinned.</summary>
public sealed record PinOptions
{
    /// <summary>The clock.</summary>
    public TimeProvider TimeProvider { get; init; } = TimeProvider.System;

    /// <summary>Receives what is logged.</summary>
    public Microsoft.Extensions.Logging.ILogger Logger { get; init; } = Microsoft.Extensions.Logging.Abstractions.NullLogger.Instance;

    /// <summary>How many times to try before giving up on an index that keeps changing.</summary>
    public int MaxAttempts { get; init; } = 50;

    /// <summary>Whether links to the files may be made in a hold directory inside the index directory.</summary>
    public bool AllowHold { get; init; } = true;

    /// <summary>The most files to keep open at once; null means as many as the system allows this process, less a reserve.</summary>
    public int? MaxOpenFiles { get; init; }
}
