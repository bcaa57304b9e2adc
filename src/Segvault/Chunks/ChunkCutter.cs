namespace Segvault.Chunks;

/// <summary>Decides where a file's chunks end, while the file goes by.</summary>
internal abstract class ChunkCutter
{
    /// <summary>How many bytes are collected before it is asked again.</summary>
    public abstract int Step { get; }

    /// <summary>The length of the next chunk; 0 when more bytes are needed to tell. What it names is taken away before it is asked again.</summary>
    /// <param name="pending">The file from where the last chunk ended, as far as it has come.</param>
    /// <param name="isEnd">True when nothing follows.</param>
    public abstract int FindEnd(ReadOnlySpan<byte> pending, bool isEnd);
}
