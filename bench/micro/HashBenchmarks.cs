using System.IO.Hashing;
using System.Security.Cryptography;
using BenchmarkDotNet.Attributes;

namespace Segvault.Benchmarks;

/// <summary>The four checksums that every byte of an index passes through.</summary>
public class HashBenchmarks
{
    private readonly byte[] _bytes = Samples.Store;

    [Benchmark]
    public byte[] Sha256() => SHA256.HashData(_bytes);

    [Benchmark]
    public uint Crc32OfTheEngine() => Crc32.HashToUInt32(_bytes);

    [Benchmark]
    public ulong Xxh3OfChunks() => XxHash3.HashToUInt64(_bytes);

    [Benchmark]
    public UInt128 Xxh128OfPacks() => XxHash128.HashToUInt128(_bytes);
}
