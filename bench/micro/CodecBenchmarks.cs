using BenchmarkDotNet.Attributes;
using Segvault.Chunks;
using Segvault.Engines;

namespace Segvault.Benchmarks;

/// <summary>Encoding 4 MiB of LZ4 blocks, decoding and comparing included as at every backup, and decoding them as at a restore.</summary>
public class CodecBenchmarks
{
    private readonly byte[] _stored = new byte[ChunkCodec.GetBound(512 * 1024)];
    private readonly byte[] _scratch = new byte[512 * 1024];
    private readonly List<(ChunkEncoding Encoding, byte[] Bytes, int PlainLength)> _encoded = [];
    private ChunkCodec _codec = null!;

    [ParamsAllValues]
    public BackupCompression Compression { get; set; }

    [GlobalSetup]
    public void Prepare()
    {
        _codec = new ChunkCodec(ChunkCompression.Of(Compression));
        foreach (var chunk in Samples.Chunks)
        {
            var length = _codec.Encode(chunk, _stored, _scratch, out var encoding, ContentLayout.Lz4Blocks);
            _encoded.Add((encoding, _stored[..length], chunk.Length));
        }
    }

    [GlobalCleanup]
    public void Dispose() => _codec.Dispose();

    [Benchmark]
    public long EncodeAndCompare()
    {
        var total = 0L;
        foreach (var chunk in Samples.Chunks)
            total += _codec.Encode(chunk, _stored, _scratch, out _, ContentLayout.Lz4Blocks);
        return total;
    }

    [Benchmark]
    public void Decode()
    {
        foreach (var (encoding, bytes, length) in _encoded)
            _codec.Decode(encoding, bytes, _scratch.AsSpan(0, length));
    }
}
