using System.Buffers;

namespace Segvault.Archives.Compression;

/// <summary>Bytes in a rented buffer.</summary>
internal readonly struct PooledBytes(byte[] buffer, int length) : IDisposable
{
    public int Length => length;

    public Memory<byte> Memory => buffer.AsMemory(0, length);

    public Span<byte> Span => buffer.AsSpan(0, length);

    public static PooledBytes Rent(int length) => new(ArrayPool<byte>.Shared.Rent(length), length);

    /// <summary>The same buffer, of which only the beginning counts.</summary>
    public PooledBytes Shorten(int shorter) => new(buffer, shorter);

    public void Dispose() => ArrayPool<byte>.Shared.Return(buffer);
}
