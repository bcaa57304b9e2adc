namespace Segvault.Archives.Compression;

/// <summary>What a file is, by how it begins.</summary>
internal enum FileKind
{
    Unknown,
    Gzip,
    Zstd,
    GzipBlocks,
    ZstdBlocks,
}

/// <summary>Recognises compressed files by their first bytes.</summary>
internal static class FileSignature
{
    /// <summary>The first bytes that are looked at.</summary>
    public const int Length = 16;

    private const int ShortestMagic = 4;

    /// <summary>A file shorter than <see cref="Length"/> counts as Segvault's when it agrees as far as it goes: it is cut off in any case.</summary>
    public static FileKind Recognise(ReadOnlySpan<byte> start) => start switch
    {
        { Length: < ShortestMagic } => FileKind.Unknown,
        _ when GzipBlocks.IsStart(start) => FileKind.GzipBlocks,
        _ when ZstdBlocks.IsStart(start) => FileKind.ZstdBlocks,
        [0x1f, 0x8b, ..] => FileKind.Gzip,
        [0x28, 0xb5, 0x2f, 0xfd, ..] => FileKind.Zstd,
        [>= 0x50 and <= 0x5f, 0x2a, 0x4d, 0x18, ..] => FileKind.Zstd,
        _ => FileKind.Unknown,
    };
}
