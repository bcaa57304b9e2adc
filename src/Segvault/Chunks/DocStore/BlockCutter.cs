using System.IO.Hashing;

namespace Segvault.Chunks.DocStore;

/// <summary>
/// Cuts a document store behind blocks whose own bytes say so, so that the same blocks make the same chunks wherever a merge puts them. What does not
/// read as blocks, and all that follows it, is cut at fixed size; so are single blocks with very much in them, for the sake of memory.
/// </summary>
internal sealed class BlockCutter : ChunkCutter
{
    /// <summary>The name by which manifests say how such files were cut.</summary>
    public const string Name = "lz4-blocks-65536";

    public const int SmallestChunk = 16 * 1024;
    public const int UsualChunk = 64 * 1024;
    public const int LargestChunk = 256 * 1024;

    /// <summary>The content of the largest block that has to be one piece, in bytes.</summary>
    public const int LargestBlock = 4 * 1024 * 1024;

    private readonly FixedCutter _fixed = new();
    private Lz4BlockScanner _scanner;
    private int _blockStart;
    private int _scanned;
    private int _next;
    private bool _isLost;

    public override int Step => UsualChunk;

    public override int FindEnd(ReadOnlySpan<byte> pending, bool isEnd)
    {
        var end = _isLost ? 0 : FindBlockEnd(pending);
        if (end == 0 && isEnd && !_isLost)
        {
            // What follows the last whole block has nothing to do with it.
            _isLost = true;
            end = Math.Max(0, _blockStart);
        }

        if (end == 0 && _isLost)
            end = _fixed.FindEnd(pending, isEnd);
        _blockStart -= end;
        _scanned -= end;
        return end;
    }

    private int FindBlockEnd(ReadOnlySpan<byte> pending)
    {
        if (_next > 0)
        {
            var next = _next;
            _next = 0;
            return next;
        }

        while (true)
        {
            var scan = _scanner.Scan(pending[_scanned..], out var read);
            _scanned += read;
            if (scan != BlockScan.Complete)
                return scan == BlockScan.Unfinished ? FindEndInside() : Lose();
            if (FindEndBehind(pending) is var end and > 0)
                return end;
        }
    }

    /// <summary>A block is not complete: only one that is too large is cut.</summary>
    private int FindEndInside()
    {
        if (_scanner.PlainLength <= LargestBlock)
            return 0;
        if (_blockStart > 0)
            return _blockStart;
        return _scanned >= FixedCutter.ChunkLength ? FixedCutter.ChunkLength : 0;
    }

    private int FindEndBehind(ReadOnlySpan<byte> pending)
    {
        var start = _blockStart;
        var length = _scanned - start;
        var isAlone = _scanner.PlainLength > LargestBlock || length > LargestChunk;
        _scanner = default;
        _blockStart = _scanned;
        if (isAlone && start <= 0)
            return _scanned;
        var isBoundary = isAlone || IsBoundary(pending.Slice(start, length));
        if (!isAlone && _scanned <= LargestChunk)
            return isBoundary && _scanned >= SmallestChunk ? _scanned : 0;

        // It does not go with those before it. It may well be a chunk itself.
        _next = isBoundary && length >= SmallestChunk ? length : 0;
        return start;
    }

    private int Lose()
    {
        _isLost = true;
        return Math.Max(0, _blockStart);
    }

    /// <summary>The larger a block, the more often, so that chunks are of one size whatever that of blocks is.</summary>
    private static bool IsBoundary(ReadOnlySpan<byte> block) =>
        (XxHash3.HashToUInt64(block) >> 32) * (UsualChunk - SmallestChunk) < (ulong)block.Length << 32;
}
