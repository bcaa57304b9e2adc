using Segvault.Chunks;
using Segvault.Engines;
using Xunit;

namespace Segvault.Tests.Chunks;

/// <summary>A chunk encoded, and decoded to what it was.</summary>
internal static class RoundTrip
{
    /// <summary>Returns how many bytes are stored.</summary>
    public static int Encode(ChunkCodec codec, byte[] chunk, ContentLayout layout, out ChunkEncoding encoding)
    {
        var stored = new byte[ChunkCodec.GetBound(chunk.Length)];
        var length = codec.Encode(chunk, stored, new byte[chunk.Length], out encoding, layout);
        var back = new byte[chunk.Length];
        codec.Decode(encoding, stored.AsSpan(0, length), back);
        Assert.Equal(chunk, back);
        return length;
    }
}
