namespace Segvault.Archives.Compression;

/// <summary>
/// Feeds an inflater the bytes that must be exactly one run of deflate data. An inflater asks for more only when it has used up what it was given and is
/// not finished; so the last byte is given by itself, and whether it was asked for, and nothing after it, tells whether the data ended with it.
/// </summary>
internal sealed class DeflatedBytes(ReadOnlyMemory<byte> data) : OneWayStream
{
    private int _given;
    private bool _askedForMore;

    public bool EndedExactly => _given == data.Length && !_askedForMore;

    public override bool CanRead => true;

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public override int Read(Span<byte> buffer)
    {
        var left = data.Length - _given;
        _askedForMore |= left == 0;
        var length = Math.Min(buffer.Length, left > 1 ? left - 1 : left);
        data.Span.Slice(_given, length).CopyTo(buffer);
        _given += length;
        return length;
    }
}
