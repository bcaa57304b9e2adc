using System.Runtime.InteropServices;
using BenchmarkDotNet.Attributes;
using Segvault.Chunks;

namespace Segvault.Benchmarks;

/// <summary>The managed port of zstd beside the system's native library: chunks of 1 MiB at level 1.</summary>
public class ZstdBenchmarks
{
    private const int ChunkLength = 1024 * 1024;

    private readonly byte[] _stored = new byte[ChunkCodec.GetBound(ChunkLength)];
    private readonly byte[] _plain = new byte[ChunkLength];
    private readonly ZstdFrames _managed = new();
    private readonly nint _compressor = Native.ZSTD_createCCtx();
    private readonly nint _decompressor = Native.ZSTD_createDCtx();
    private int _length;

    [GlobalSetup]
    public void Prepare() => _length = _managed.Compress(Samples.Store.AsSpan(0, ChunkLength), 1, _stored);

    [Benchmark(Baseline = true)]
    public int CompressManaged() => _managed.Compress(Samples.Store.AsSpan(0, ChunkLength), 1, _stored);

    [Benchmark]
    public nuint CompressNative() => Native.ZSTD_compressCCtx(_compressor, _stored, (nuint)_stored.Length, Samples.Store, ChunkLength, 1);

    [Benchmark]
    public void DecompressManaged() => _managed.Decompress(_stored.AsSpan(0, _length), _plain);

    [Benchmark]
    public nuint DecompressNative() => Native.ZSTD_decompressDCtx(_decompressor, _plain, ChunkLength, _stored, (nuint)_length);

    private static class Native
    {
        private const string Library = "libzstd.so.1";

        [DllImport(Library)]
        public static extern nint ZSTD_createCCtx();

        [DllImport(Library)]
        public static extern nint ZSTD_createDCtx();

        [DllImport(Library)]
        public static extern nuint ZSTD_compressCCtx(nint context, byte[] target, nuint room, byte[] source, nuint length, int level);

        [DllImport(Library)]
        public static extern nuint ZSTD_decompressDCtx(nint context, byte[] target, nuint room, byte[] source, nuint length);
    }
}
