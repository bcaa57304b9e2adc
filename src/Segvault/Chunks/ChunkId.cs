using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace Segvault.Chunks;

/// <summary>What identifies the content of a chunk that was cut by its content: its SHA-256.</summary>
[StructLayout(LayoutKind.Sequential)]
internal readonly record struct ChunkId(ulong First, ulong Second, ulong Third, ulong Fourth)
{
    public const int Length = 32;

    public static ChunkId Of(ReadOnlySpan<byte> plain)
    {
        Span<byte> hash = stackalloc byte[Length];
        SHA256.HashData(plain, hash);
        return Read(hash);
    }

    public static ChunkId Read(ReadOnlySpan<byte> bytes) => MemoryMarshal.Read<ChunkId>(bytes);

    public void Write(Span<byte> destination) => MemoryMarshal.Write(destination, this);
}
