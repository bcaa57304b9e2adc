using System.Collections.Immutable;

namespace Segvault;

/// <summary>One file of a backup, as the manifest records it.</summary>
public sealed record BackupFile
{
    /// <summary>The path inside the index directory, relative, with <c>/</c> on every system.</summary>
    public required string Path { get; init; }

    /// <summary>Length in bytes.</summary>
    public required long Length { get; init; }

    /// <summary>When the file was last modified, as its file system said.</summary>
    public required DateTimeOffset ModifiedAt { get; init; }

    /// <summary>When the file was created, where the file system records it.</summary>
    public DateTimeOffset? CreatedAt { get; init; }

    /// <summary>Permissions; null for a file from Windows.</summary>
    public UnixFileMode? Mode { get; init; }

    /// <summary>Owner and group by number and by name; null for a file from Windows.</summary>
    public FileOwner? Owner { get; init; }

    /// <summary>SHA-256 of the content in lowercase hexadecimal: what <c>sha256sum</c> prints.</summary>
    public required string Sha256 { get; init; }

    /// <summary>The segment that the file belongs to, where the engine has segments.</summary>
    public string? Segment { get; init; }

    /// <summary>True when the engine never writes to the file again once it is complete.</summary>
    public bool WriteOnce { get; init; }

    /// <summary>True when the source was damaged and the backup was taken all the same.</summary>
    public bool Damaged { get; init; }

    /// <summary>The engine's whole footer, byte for byte; empty where the engine writes none.</summary>
    public ImmutableArray<byte> Footer { get; init; } = [];

    internal ImmutableArray<Repositories.ChunkRun> Runs { get; init; } = [];
}

/// <summary>Owner and group of a file on a Unix system, by number and, where the system that took the backup knew them, by name.</summary>
/// <param name="UserId">Numeric user id.</param>
/// <param name="GroupId">Numeric group id.</param>
/// <param name="User">User name, or null.</param>
/// <param name="Group">Group name, or null.</param>
public sealed record FileOwner(uint UserId, uint GroupId, string? User, string? Group);
