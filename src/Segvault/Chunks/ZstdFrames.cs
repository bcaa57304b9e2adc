using System.Collections.Concurrent;
using ZstdSharp;
using ZstdSharp.Unsafe;

namespace Segvault.Chunks;

/// <summary>Makes and reads zstd frames, on several threads at once.</summary>
internal sealed class ZstdFrames : IDisposable
{
    /// <summary>A level at which hardly any repetition is looked for, and what is frequent is given short codes.</summary>
    public const int EntropyOnly = -10;

    private readonly ConcurrentDictionary<int, ConcurrentBag<Compressor>> _compressors = new();
    private readonly ConcurrentBag<Decompressor> _decompressors = [];

    /// <summary>Compresses; returns -1 when the result does not fit.</summary>
    public int Compress(ReadOnlySpan<byte> plain, int level, Span<byte> stored)
    {
        if (plain.IsEmpty)
            return 0;
        var idle = _compressors.GetOrAdd(level, _ => []);
        if (!idle.TryTake(out var compressor))
            compressor = Make(level);
        var fits = compressor.TryWrap(plain, stored, out var length);
        idle.Add(compressor);
        return fits ? length : -1;
    }

    /// <summary>The length of a frame's content as the frame says it; -1 when it says none, or more than may be.</summary>
    public static int GetContentLength(ReadOnlySpan<byte> stored, int largest)
    {
        try
        {
            return Decompressor.GetDecompressedSize(stored) is var length && length <= (ulong)largest ? (int)length : -1;
        }
        catch (ZstdException)
        {
            return -1;
        }
    }

    /// <summary>Decompresses into a buffer of exactly the content's length.</summary>
    /// <exception cref="ChunkCodecException">The frame does not decompress to that length.</exception>
    public void Decompress(ReadOnlySpan<byte> stored, Span<byte> plain)
    {
        if (!_decompressors.TryTake(out var decompressor))
            decompressor = new Decompressor();
        try
        {
            var length = decompressor.Unwrap(stored, plain);
            if (length != plain.Length)
                throw new ChunkCodecException($"A chunk decompressed to {length} bytes instead of {plain.Length}.");
        }
        catch (ZstdException exception)
        {
            throw new ChunkCodecException("A chunk does not decompress.", exception);
        }
        finally
        {
            _decompressors.Add(decompressor);
        }
    }

    public void Dispose()
    {
        foreach (var compressor in _compressors.Values.SelectMany(idle => idle))
            compressor.Dispose();
        foreach (var decompressor in _decompressors)
            decompressor.Dispose();
    }

    private static Compressor Make(int level)
    {
        var compressor = new Compressor(level);

        // Below level 1 zstd leaves this out unless it is told otherwise.
        if (level < 0)
            compressor.SetParameter(ZSTD_cParameter.ZSTD_c_experimentalParam5, (int)ZSTD_literalCompressionMode_e.ZSTD_lcm_huffman);
        return compressor;
    }
}
