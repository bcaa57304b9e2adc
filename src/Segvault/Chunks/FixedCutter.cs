namespace Segvault.Chunks;

/// <summary>Cuts a file into chunks of one size; only the last is shorter.</summary>
internal sealed class FixedCutter : ChunkCutter
{
    public const int ChunkLength = 1024 * 1024;

    /// <summary>The name by which manifests say how their files were cut.</summary>
    public const string Name = "fixed-1048576";

    public override int Step => ChunkLength;

    public override int FindEnd(ReadOnlySpan<byte> pending, bool isEnd) =>
        pending.Length >= ChunkLength ? ChunkLength : isEnd ? pending.Length : 0;
}
