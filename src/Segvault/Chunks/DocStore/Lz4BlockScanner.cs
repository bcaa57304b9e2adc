using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Segvault.Chunks.DocStore;

/// <summary>
/// Finds the end of a block, which is nowhere written down, while its bytes come in parts: counts what its sequences would give, without decoding them.
/// </summary>
internal struct Lz4BlockScanner
{
    /// <summary>The length of the content, in front of the block.</summary>
    public const int PrefixLength = 4;

    /// <summary>No document store has such a block.</summary>
    private const int LargestPlainLength = 256 * 1024 * 1024;

    private Place _place;
    private int _matchNibble;
    private int _skip;
    private int _written;

    private enum Place
    {
        Prefix,
        Token,
        Match,
        End,
    }

    /// <summary>The length of the block's content; 0 as long as it is not known.</summary>
    public int PlainLength { get; private set; }

    /// <summary>Goes on as far as the bytes reach. <paramref name="read"/> says how many of them need not be shown again.</summary>
    public BlockScan Scan(ReadOnlySpan<byte> bytes, out int read)
    {
        read = 0;
        while (true)
        {
            var skipped = Math.Min(_skip, bytes.Length - read);
            _skip -= skipped;
            read += skipped;
            if (_skip > 0)
                return BlockScan.Unfinished;
            if (_place == Place.End)
                return BlockScan.Complete;
            if (_place == Place.Token)
                ScanInner(bytes, ref read);
            var next = read;
            var step = _place switch
            {
                Place.Prefix => ReadPrefix(bytes, ref next),
                Place.Token => ReadToken(bytes, ref next),
                _ => ReadMatch(bytes, ref next),
            };
            if (step != BlockScan.Complete)
                return step;
            read = next;
        }
    }

    /// <summary>Follows the sequences that are most of a block: whole ones, far from its end. Stops in front of any that needs care.</summary>
    private void ScanInner(ReadOnlySpan<byte> bytes, ref int read)
    {
        ref var start = ref MemoryMarshal.GetReference(bytes);
        var last = bytes.Length - 4;
        var position = read;
        var written = _written;
        while (position <= last)
        {
            int token = Unsafe.Add(ref start, position);
            var next = position + 1;
            var literals = token >> 4;
            if (literals == 15)
                literals += Unsafe.Add(ref start, next++);
            next += literals;
            if (literals == 15 + 255 || next > last)
                break;
            int offset = BinaryPrimitives.ReadUInt16LittleEndian(MemoryMarshal.CreateReadOnlySpan(ref Unsafe.Add(ref start, next), sizeof(ushort)));
            next += sizeof(ushort);
            var match = token & 15;
            if (match == 15)
                match += Unsafe.Add(ref start, next++);
            var end = written + literals + match + Lz4Decoder.MinMatch;
            if (match == 15 + 255 || offset == 0 || offset > written + literals || end >= PlainLength)
                break;
            position = next;
            written = end;
        }

        read = position;
        _written = written;
    }

    private BlockScan ReadPrefix(ReadOnlySpan<byte> bytes, ref int next)
    {
        if (bytes.Length - next < PrefixLength)
            return BlockScan.Unfinished;
        var length = BinaryPrimitives.ReadUInt32LittleEndian(bytes[next..]);
        if (length is 0 or > LargestPlainLength)
            return BlockScan.Invalid;
        PlainLength = (int)length;
        next += PrefixLength;
        _place = Place.Token;
        return BlockScan.Complete;
    }

    private BlockScan ReadToken(ReadOnlySpan<byte> bytes, ref int next)
    {
        if (next == bytes.Length)
            return BlockScan.Unfinished;
        int token = bytes[next++];
        var step = ReadLength(bytes, ref next, token >> 4, 0, out var literals);
        if (step != BlockScan.Complete)
            return step;
        _skip = literals;
        _written += literals;
        _matchNibble = token & 15;
        _place = _written == PlainLength ? Place.End : Place.Match;
        return _place == Place.End && _matchNibble != 0 ? BlockScan.Invalid : BlockScan.Complete;
    }

    private BlockScan ReadMatch(ReadOnlySpan<byte> bytes, ref int next)
    {
        if (bytes.Length - next < sizeof(ushort))
            return BlockScan.Unfinished;
        int offset = BinaryPrimitives.ReadUInt16LittleEndian(bytes[next..]);
        next += sizeof(ushort);
        if (offset == 0 || offset > _written)
            return BlockScan.Invalid;
        var step = ReadLength(bytes, ref next, _matchNibble, Lz4Decoder.MinMatch, out var match);
        if (step != BlockScan.Complete)
            return step;
        _written += match;
        _place = Place.Token;
        return BlockScan.Complete;
    }

    private BlockScan ReadLength(ReadOnlySpan<byte> bytes, ref int next, int nibble, int least, out int length)
    {
        length = nibble + least;
        if (nibble == 15)
        {
            int more;
            do
            {
                if (length > PlainLength - _written)
                    return BlockScan.Invalid;
                if (next == bytes.Length)
                    return BlockScan.Unfinished;
                more = bytes[next++];
                length += more;
            }
            while (more == 255);
        }

        return length <= PlainLength - _written ? BlockScan.Complete : BlockScan.Invalid;
    }
}

/// <summary>How far a block was followed.</summary>
internal enum BlockScan
{
    /// <summary>More bytes are needed.</summary>
    Unfinished,

    /// <summary>It ends here.</summary>
    Complete,

    /// <summary>It is none.</summary>
    Invalid,
}
