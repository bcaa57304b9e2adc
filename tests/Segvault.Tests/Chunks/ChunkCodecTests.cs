using Segvault.Chunks;
using Xunit;

namespace Segvault.Tests.Chunks;

public sealed class ChunkCodecTests : IDisposable
{
    private readonly ChunkCodec _codec = new();

    public void Dispose() => _codec.Dispose();

    [Theory]
    [InlineData(0, false)]
    [InlineData(1, false)]
    [InlineData(1000, true)]
    [InlineData(1000, false)]
    [InlineData(FixedCutter.ChunkLength, true)]
    [InlineData(FixedCutter.ChunkLength, false)]
    public void What_is_encoded_decodes_to_the_same(int length, bool compressible)
    {
        byte[] plain = Make(length, compressible);
        var (stored, encoding) = Encode(plain);
        Assert.Equal(compressible ? ChunkEncoding.Zstd : ChunkEncoding.Raw, encoding);
        Assert.True(stored.Length <= plain.Length);
        byte[] back = new byte[length];
        _codec.Decode(encoding, stored, back);
        Assert.Equal(plain, back);
    }

    [Fact]
    public void A_damaged_chunk_is_refused_and_the_next_one_is_not()
    {
        byte[] plain = Make(5000, compressible: true);
        var (stored, _) = Encode(plain);
        byte[] back = new byte[plain.Length];
        Assert.Throws<ChunkCodecException>(() => _codec.Decode(ChunkEncoding.Zstd, stored.AsSpan()[..^1], back));
        Assert.Throws<ChunkCodecException>(() => _codec.Decode(ChunkEncoding.Zstd, new byte[40], back));
        Assert.Throws<ChunkCodecException>(() => _codec.Decode(ChunkEncoding.Zstd, stored, new byte[plain.Length - 1]));
        Assert.Throws<ChunkCodecException>(() => _codec.Decode(ChunkEncoding.Zstd, stored, new byte[plain.Length + 1]));
        Assert.Throws<ChunkCodecException>(() => _codec.Decode(ChunkEncoding.Raw, stored, back));
        Assert.Throws<ChunkCodecException>(() => _codec.Decode((ChunkEncoding)9, stored, back));
        _codec.Decode(ChunkEncoding.Zstd, stored, back);
        Assert.Equal(plain, back);
    }

    [Fact]
    public void Many_threads_share_one_codec()
    {
        Parallel.For(0, 64, i =>
        {
            byte[] plain = Make(20_000 + i, i % 2 == 0);
            var (stored, encoding) = Encode(plain);
            byte[] back = new byte[plain.Length];
            _codec.Decode(encoding, stored, back);
            Assert.Equal(plain, back);
        });
    }

    private (byte[] Stored, ChunkEncoding Encoding) Encode(byte[] plain)
    {
        byte[] stored = new byte[ChunkCodec.GetBound(plain.Length)];
        int length = _codec.Encode(plain, stored, new byte[plain.Length], out var encoding);
        return (stored[..length], encoding);
    }

    private static byte[] Make(int length, bool compressible)
    {
        byte[] bytes = new byte[length];
        if (compressible)
            bytes.AsSpan().Fill(7);
        else
            new Random(length).NextBytes(bytes);
        return bytes;
    }
}
