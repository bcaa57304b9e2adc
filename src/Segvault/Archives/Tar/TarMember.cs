namespace Segvault.Archives.Tar;

/// <summary>What a member of a tar is.</summary>
internal enum TarMemberKind
{
    File,
    Directory,

    /// <summary>Anything else: links, devices, sparse files, unknown types.</summary>
    Other,
}

/// <summary>One member of a tar, as its headers say.</summary>
internal sealed record TarMember
{
    public required string Name { get; init; }

    public required TarMemberKind Kind { get; init; }

    /// <summary>What an <see cref="TarMemberKind.Other"/> is: "a symbolic link".</summary>
    public string? Description { get; init; }

    /// <summary>Bytes of content.</summary>
    public required long Length { get; init; }

    public required DateTimeOffset ModifiedAt { get; init; }

    public UnixFileMode? Mode { get; init; }

    public uint? UserId { get; init; }

    public uint? GroupId { get; init; }

    public string? User { get; init; }

    public string? Group { get; init; }
}
