using System.Buffers.Binary;

namespace Segvault.Repositories;

/// <summary>
/// The first 80 bytes of every object: what it is, of which repository, and its own name, so that an object found under another name is refused.
/// <code>
///  0  8  "SEGVAULT"
///  8  1  kind            9  1  format (1)      10  1  suite (0 = not encrypted)    11  5  zero
/// 16 16  repository id  32 16  own name, or number in the first 8 bytes (little-endian) and zeros
/// 48 32  salt (zeros when not encrypted)
/// </code>
/// </summary>
internal static class ObjectHeader
{
    public const int Length = 80;
    public const byte Format = 1;

    public static ReadOnlySpan<byte> Magic => "SEGVAULT"u8;

    public static void Write(Span<byte> header, ObjectKind kind, ObjectId repository, ObjectName name)
    {
        header[..Length].Clear();
        Magic.CopyTo(header);
        header[8] = (byte)kind;
        header[9] = Format;
        BinaryPrimitives.WriteUInt128BigEndian(header[16..], repository.Value);
        name.Write(header[32..]);
    }

    /// <summary>The repository that an object says it belongs to.</summary>
    public static ObjectId RepositoryOf(ReadOnlySpan<byte> header) => new(BinaryPrimitives.ReadUInt128BigEndian(header[16..]));

    /// <summary>Refuses an object that a newer version wrote. Only for an object that is known to be intact: a flipped bit is damage.</summary>
    /// <exception cref="UnsupportedFormatException">The object was written by a newer version.</exception>
    public static void EnsureKnown(ReadOnlySpan<byte> header, ObjectName name)
    {
        if (header[9] > Format)
            throw new UnsupportedFormatException($"Object {name} has format {header[9]}; this version reads format {Format}.");
        if (header[10] != 0)
            throw new UnsupportedFormatException($"Object {name} is encrypted, which this version does not know.");
    }

    /// <summary>Checks that an object is what it was looked up as; null when it is, else what is wrong.</summary>
    public static string? Check(ReadOnlySpan<byte> header, ObjectKind kind, ObjectId repository, ObjectName name)
    {
        if (header.Length < Length)
            return "is cut short inside its header";
        if (!header[..8].SequenceEqual(Magic))
            return "does not begin with the mark of a Segvault object";
        Span<byte> expected = stackalloc byte[Length];
        Write(expected, kind, repository, name);
        if (header[8] != (byte)kind)
            return $"is of kind {header[8]} instead of {(byte)kind}";
        if (!header[16..32].SequenceEqual(expected[16..32]))
            return "belongs to another repository";
        if (!header[32..48].SequenceEqual(expected[32..48]))
            return "was stored under another name";
        return header[..Length].SequenceEqual(expected) ? null : "has an unexpected header";
    }
}

/// <summary>What an object calls itself: a random id, or a number in the log.</summary>
internal readonly record struct ObjectName
{
    private readonly ObjectId _id;
    private readonly long? _number;

    public ObjectName(ObjectId id) => _id = id;

    public ObjectName(long number) => _number = number;

    public void Write(Span<byte> destination)
    {
        destination[..16].Clear();
        if (_number is { } number)
            BinaryPrimitives.WriteInt64LittleEndian(destination, number);
        else
            BinaryPrimitives.WriteUInt128BigEndian(destination, _id.Value);
    }

    public override string ToString() => _number?.ToString() ?? _id.ToString();
}
