using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Text.Json;

namespace Segvault.Engines.Tantivy;

/// <summary>
/// The end of every file that Tantivy 0.15 and later writes for a segment: a JSON object with version and CRC-32 of what precedes it,
/// the object's length and the magic number 1337, both as 32 bits little-endian. Source: <c>directory/footer.rs</c>.
/// </summary>
internal sealed record TantivyFooter(Version EngineVersion, int FormatVersion, uint Crc, ImmutableArray<byte> Bytes)
{
    /// <summary>The longest footer that Tantivy reads.</summary>
    public const int MaxLength = MaxJsonLength + TrailerLength;

    public const string NoFooter = "ends without Tantivy's footer: it was cut short or not written to the end";

    private const int MaxJsonLength = 50_000;
    private const int TrailerLength = 8;
    private const uint Magic = 1337;

    // The first format with this layout. Newer ones than are known today may come and are no damage.
    private const int FirstFormatVersion = 4;

    /// <summary>
    /// Finds out how long a footer is from a file's last bytes; null when they are no footer's end, else <paramref name="problem"/> is null.
    /// </summary>
    public static int? MeasureLength(ReadOnlySpan<byte> tail, long fileLength, out string? problem)
    {
        problem = fileLength == 0 ? "is empty" : NoFooter;
        if (tail.Length < TrailerLength || BinaryPrimitives.ReadUInt32LittleEndian(tail[^4..]) != Magic)
            return null;
        uint jsonLength = BinaryPrimitives.ReadUInt32LittleEndian(tail[^TrailerLength..]);
        if (jsonLength > MaxJsonLength || jsonLength + TrailerLength > fileLength)
        {
            problem = $"has a damaged footer: it claims a length of {jsonLength} bytes";
            return null;
        }

        problem = null;
        return (int)jsonLength + TrailerLength;
    }

    /// <summary>Reads a whole footer; null when it cannot be understood, and then <paramref name="problem"/> says why.</summary>
    public static TantivyFooter? Parse(ReadOnlySpan<byte> bytes, out string? problem)
    {
        problem = "has a damaged footer: it cannot be understood";
        try
        {
            using var json = JsonDocument.Parse(bytes[..^TrailerLength].ToArray());
            if (json.RootElement.ValueKind != JsonValueKind.Object
                || !json.RootElement.TryGetProperty("crc", out var crcElement) || !TryReadNumber(crcElement, out uint crc)
                || !json.RootElement.TryGetProperty("version", out var version) || version.ValueKind != JsonValueKind.Object
                || !TryReadPart(version, "major", out int major)
                || !TryReadPart(version, "minor", out int minor)
                || !TryReadPart(version, "patch", out int patch)
                || !TryReadPart(version, "index_format_version", out int format))
            {
                return null;
            }

            if (format < FirstFormatVersion)
            {
                problem = $"has a damaged footer: format version {format} never had one";
                return null;
            }

            problem = null;
            return new TantivyFooter(new Version(major, minor, patch), format, crc, [.. bytes]);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            return null;
        }
    }

    private static bool TryReadNumber(JsonElement element, out uint value)
    {
        value = 0;
        return element.ValueKind == JsonValueKind.Number && element.TryGetUInt32(out value);
    }

    private static bool TryReadPart(JsonElement version, string name, out int value)
    {
        value = 0;
        if (!version.TryGetProperty(name, out var element) || !TryReadNumber(element, out uint part) || part > int.MaxValue)
            return false;
        value = (int)part;
        return true;
    }
}
