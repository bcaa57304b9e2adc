namespace Segvault.Archives.Compression;

/// <summary>The levels that the two ways of compression have. The defaults were chosen by measuring real indexes.</summary>
internal static class CompressionLevels
{
    public static int Default(ArchiveFormat format) => format is ArchiveFormat.TarGz ? 6 : 3;

    public static (int Lowest, int Highest) Range(ArchiveFormat format) => format is ArchiveFormat.TarGz ? (0, 9) : (1, 19);
}
