using System.Buffers;

namespace Segvault.Repositories;

/// <summary>What one read brought of a pack, in a rented buffer that several pieces of work share: the last one gives it back.</summary>
internal sealed class StoredPiece(int length)
{
    private readonly byte[] _bytes = ArrayPool<byte>.Shared.Rent(length);
    private int _users = 1;

    public Memory<byte> Bytes => _bytes.AsMemory(0, length);

    /// <summary>One more uses it.</summary>
    public void Share() => Interlocked.Increment(ref _users);

    /// <summary>One does no longer.</summary>
    public void Release()
    {
        if (Interlocked.Decrement(ref _users) == 0)
            ArrayPool<byte>.Shared.Return(_bytes);
    }
}
