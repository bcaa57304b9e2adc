namespace Segvault.Archives.Compression;

/// <summary>Takes what a compressor writes into a buffer, and notes when it does not fit.</summary>
internal sealed class BoundedOutput(Memory<byte> buffer) : OneWayStream
{
    public int Written { get; private set; }

    public bool Overflowed { get; private set; }

    public override bool CanWrite => true;

    public override void Write(byte[] bytes, int offset, int count) => Write(bytes.AsSpan(offset, count));

    public override void Write(ReadOnlySpan<byte> bytes)
    {
        Overflowed |= bytes.Length > buffer.Length - Written;
        if (Overflowed)
            return;
        bytes.CopyTo(buffer.Span[Written..]);
        Written += bytes.Length;
    }
}
