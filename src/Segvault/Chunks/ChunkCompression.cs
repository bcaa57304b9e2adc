namespace Segvault.Chunks;

/// <summary>How hard chunks are compressed.</summary>
/// <param name="Level">The zstd level.</param>
/// <param name="SeparatesBlocks">Whether the bytes of LZ4 blocks are sorted first.</param>
/// <param name="RecodesBlocks">Whether LZ4 blocks are decompressed first, and compressed again when they are read.</param>
/// <param name="UnpacksPositions">Whether bit-packed positions are unpacked first.</param>
internal sealed record ChunkCompression(int Level, bool SeparatesBlocks, bool RecodesBlocks, bool UnpacksPositions)
{
    public static ChunkCompression Auto { get; } = new(1, SeparatesBlocks: true, RecodesBlocks: false, UnpacksPositions: true);

    public static ChunkCompression Of(BackupCompression compression) => compression switch
    {
        BackupCompression.Fast => new ChunkCompression(1, SeparatesBlocks: false, RecodesBlocks: false, UnpacksPositions: false),
        BackupCompression.Max => new ChunkCompression(6, SeparatesBlocks: true, RecodesBlocks: true, UnpacksPositions: true),
        _ => Auto,
    };
}
