using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Segvault.Chunks;

namespace Segvault.Repositories;

/// <summary>
/// A pack: header, chunks back to back, a table of them, a trailer of 64 bytes. All numbers are little-endian.
/// <code>
/// table, 32 or 64 bytes a chunk:  0 1 encoding  1 7 zero  8 8 offset in the pack  16 4 stored length  20 4 plain length  24 8 XXH3-64 of the plain bytes  32 32 their SHA-256, where the pack has ids
/// trailer:  0 8 "SEGVPACK"  8 8 offset of the table  16 8 length of the table  24 4 chunks  28 1 kind of the table (0 = without ids, 1 = with)  29 11 zero
///          40 8 length of the pack  48 16 XXH3-128 of everything before it
/// </code>
/// </summary>
internal static class PackFormat
{
    public const string Prefix = "packs/";
    public const int TableEntryLength = 32;
    public const byte LargestKind = 1;
    public const int TrailerLength = 64;
    public const int ChecksumLength = 16;

    private static ReadOnlySpan<byte> TrailerMagic => "SEGVPACK"u8;

    public static string NameOf(ObjectId pack) => Prefix + pack;

    /// <summary>The length of a table's entry, with or without an id.</summary>
    public static int EntryLengthOf(bool hasIds) => hasIds ? TableEntryLength + ChunkId.Length : TableEntryLength;

    public static void WriteTableEntry(Span<byte> destination, PackChunk chunk)
    {
        destination[..TableEntryLength].Clear();
        destination[0] = (byte)chunk.Encoding;
        BinaryPrimitives.WriteInt64LittleEndian(destination[8..], chunk.Offset);
        BinaryPrimitives.WriteInt32LittleEndian(destination[16..], chunk.StoredLength);
        BinaryPrimitives.WriteInt32LittleEndian(destination[20..], chunk.PlainLength);
        BinaryPrimitives.WriteUInt64LittleEndian(destination[24..], chunk.Checksum);
    }

    /// <summary>Writes the trailer without its checksum, the last 16 bytes.</summary>
    public static void WriteTrailer(Span<byte> destination, long tableOffset, int chunks, bool hasIds)
    {
        destination[..TrailerLength].Clear();
        TrailerMagic.CopyTo(destination);
        var tableLength = (long)chunks * EntryLengthOf(hasIds);
        BinaryPrimitives.WriteInt64LittleEndian(destination[8..], tableOffset);
        BinaryPrimitives.WriteInt64LittleEndian(destination[16..], tableLength);
        BinaryPrimitives.WriteInt32LittleEndian(destination[24..], chunks);
        destination[28] = hasIds ? (byte)1 : (byte)0;
        BinaryPrimitives.WriteInt64LittleEndian(destination[40..], tableOffset + tableLength + TrailerLength);
    }

    public static UInt128 ReadChecksum(ReadOnlySpan<byte> trailer) => BinaryPrimitives.ReadUInt128BigEndian(trailer[48..]);

    /// <summary>Finds the table; null when the trailer is sound, else what is wrong with it. Of a <paramref name="kind"/> that is not known nothing is asked but its place.</summary>
    public static string? ReadTrailer(ReadOnlySpan<byte> trailer, long packLength, out long tableOffset, out int chunks, out byte kind)
    {
        kind = trailer[28];
        tableOffset = BinaryPrimitives.ReadInt64LittleEndian(trailer[8..]);
        chunks = BinaryPrimitives.ReadInt32LittleEndian(trailer[24..]);
        if (chunks < 0 || tableOffset < ObjectHeader.Length || trailer.Length != TrailerLength)
            return "has a trailer that points nowhere";
        Span<byte> expected = stackalloc byte[TrailerLength];
        WriteTrailer(expected, tableOffset, chunks, hasIds: kind == 1);
        if (!trailer[..8].SequenceEqual(expected[..8]))
            return "does not end as a pack ends: it was cut short or overwritten";
        if (kind > LargestKind && BinaryPrimitives.ReadInt64LittleEndian(trailer[40..]) == packLength)
            return null;
        if (!trailer[..48].SequenceEqual(expected[..48]) || BinaryPrimitives.ReadInt64LittleEndian(trailer[40..]) != packLength)
            return "has a trailer that disagrees with the pack's length";
        return null;
    }

    /// <summary>Reads the table; null when it is sound, else what is wrong with it.</summary>
    public static string? ReadTable(ReadOnlySpan<byte> table, long tableOffset, bool hasIds, out PackChunk[] chunks, out ChunkId[]? ids)
    {
        var entryLength = EntryLengthOf(hasIds);
        chunks = new PackChunk[table.Length / entryLength];
        ids = hasIds ? new ChunkId[chunks.Length] : null;
        var offset = (long)ObjectHeader.Length;
        for (var i = 0; i < chunks.Length; i++)
        {
            var entry = table[(i * entryLength)..];
            var chunk = new PackChunk(
                (ChunkEncoding)entry[0],
                BinaryPrimitives.ReadInt64LittleEndian(entry[8..]),
                BinaryPrimitives.ReadInt32LittleEndian(entry[16..]),
                BinaryPrimitives.ReadInt32LittleEndian(entry[20..]),
                BinaryPrimitives.ReadUInt64LittleEndian(entry[24..]));
            if (chunk.Offset != offset || chunk.PlainLength is < 0 or > LargestChunk || chunk.StoredLength < 0 || chunk.StoredLength > chunk.PlainLength || entry[1..8].ContainsAnyExcept((byte)0))
                return $"has a table whose entry {i} does not fit its neighbours";
            offset += chunk.StoredLength;
            chunks[i] = chunk;
            if (ids is not null)
                ids[i] = ChunkId.Read(entry[TableEntryLength..]);
        }

        return offset == tableOffset ? null : "has a table that does not cover its chunks";
    }

    /// <summary>A bound on what one chunk may ask a reader to allocate.</summary>
    public const int LargestChunk = 64 * 1024 * 1024;
}

/// <summary>One chunk in a pack.</summary>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct PackChunk(ChunkEncoding Encoding, long Offset, int StoredLength, int PlainLength, ulong Checksum);
