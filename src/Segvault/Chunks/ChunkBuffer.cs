using System.Buffers;

namespace Segvault.Chunks;

/// <summary>Collects the bytes of a file until a cutter finds the end of a chunk.</summary>
internal sealed class ChunkBuffer(ChunkCutter cutter) : IDisposable
{
    private byte[] _bytes = [];
    private int _length;

    /// <summary>Takes the beginning of some bytes; returns how many. Then chunks are to be taken out.</summary>
    public int Add(ReadOnlySpan<byte> bytes)
    {
        var part = Math.Min(bytes.Length, cutter.Step - (_length % cutter.Step));
        if (_length + part > _bytes.Length)
            Replace(_bytes.AsSpan(0, _length), Math.Max(cutter.Step, 2 * _length));
        bytes[..part].CopyTo(_bytes.AsSpan(_length));
        _length += part;
        return part;
    }

    /// <summary>Takes out the next chunk, in a rented buffer that is the caller's from then on.</summary>
    public bool TryTake(bool isEnd, out byte[] chunk, out int length)
    {
        length = cutter.FindEnd(_bytes.AsSpan(0, _length), isEnd);
        chunk = length > 0 ? _bytes : [];
        if (length == 0)
            return false;
        var rest = _bytes.AsSpan(length, _length - length);
        _length = rest.Length;
        _bytes = [];
        if (!rest.IsEmpty)
            Replace(rest, Math.Max(cutter.Step, 2 * rest.Length));
        return true;
    }

    public void Dispose() => Return();

    private void Replace(ReadOnlySpan<byte> kept, int room)
    {
        var larger = ArrayPool<byte>.Shared.Rent(room);
        kept.CopyTo(larger);
        Return();
        _bytes = larger;
    }

    private void Return()
    {
        if (_bytes.Length > 0)
            ArrayPool<byte>.Shared.Return(_bytes);
        _bytes = [];
    }
}
