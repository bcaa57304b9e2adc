namespace Segvault.Chunks;

/// <summary>How hard chunks are compressed.</summary>
/// <param name="Level">The zstd level of chunks as they are.</param>
/// <param name="RecodingLevel">The zstd level of the content of LZ4 blocks; null when those are left as they are.</param>
internal sealed record ChunkCompression(int Level, int? RecodingLevel)
{
    public static ChunkCompression Auto { get; } = new(1, 3);

    public static ChunkCompression Of(BackupCompression compression) => compression switch
    {
        BackupCompression.Fast => new ChunkCompression(1, null),
        BackupCompression.Max => new ChunkCompression(6, 6),
        _ => Auto,
    };
}
