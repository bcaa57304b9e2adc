using System.Globalization;
using System.Text;
using Segvault.Archives.Compression;

namespace Segvault.Archives.Tar;

/// <summary>What a pax extended header says about members. Only what is used is kept; an empty value takes back what was said before.</summary>
internal sealed class PaxRecords
{
    private readonly Dictionary<string, string> _values = new(StringComparer.Ordinal);

    public static PaxRecords Empty { get; } = new();

    public bool IsSparse { get; private init; }

    /// <exception cref="ArchiveFormatException">The records are broken, or say something twice.</exception>
    public static PaxRecords Parse(ReadOnlySpan<byte> bytes)
    {
        var seen = new HashSet<string>(StringComparer.Ordinal);
        var sparse = false;
        var values = new Dictionary<string, string>(StringComparer.Ordinal);
        while (!bytes.IsEmpty)
        {
            var record = Cut(ref bytes, out var key);
            var separator = key.Length + 1;
            sparse |= key.StartsWith("GNU.sparse.", StringComparison.Ordinal) || key is "SCHILY.realsize";

            // A sparse map of this version is one key many times.
            if (!seen.Add(key) && key is not ("GNU.sparse.offset" or "GNU.sparse.numbytes" or "comment"))
                throw new ArchiveFormatException($"has a pax header that says '{Shown(key)}' twice");
            if (!IsUsed(key))
                continue;
            var value = TarHeader.Text(record[separator..], key);
            if (value.Contains('\0', StringComparison.Ordinal))
                throw Broken();
            values[key] = value;
        }

        return new PaxRecords(values) { IsSparse = sparse };
    }

    /// <summary>These records, and below them those of an earlier header.</summary>
    public PaxRecords Over(PaxRecords earlier)
    {
        if (earlier._values.Count == 0 && !earlier.IsSparse)
            return this;
        var values = new Dictionary<string, string>(earlier._values, StringComparer.Ordinal);
        foreach (var (key, value) in _values)
            values[key] = value;
        return new PaxRecords(values) { IsSparse = IsSparse || earlier.IsSparse };
    }

    public string? Text(string key) => _values.TryGetValue(key, out var value) && value.Length > 0 ? value : null;

    public long? Number(string key) => Text(key) is not { } text ? null
        : long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var value) ? value
        : throw new ArchiveFormatException($"has a pax header with a {key} that is no number");

    /// <summary>Seconds since 1970, possibly with a fraction.</summary>
    public decimal? Seconds(string key) => Text(key) is not { } text ? null
        : decimal.TryParse(text, NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var value) ? value
        : throw new ArchiveFormatException($"has a pax header with a {key} that is no time");

    private PaxRecords()
    {
    }

    private PaxRecords(Dictionary<string, string> values) => _values = values;

    private static bool IsUsed(string key) => key is "path" or "size" or "mtime" or "uid" or "gid" or "uname" or "gname" or "GNU.sparse.name";

    /// <summary>Takes "LENGTH KEY=VALUE\n" from the front; returns what is between the space and the line feed.</summary>
    private static ReadOnlySpan<byte> Cut(ref ReadOnlySpan<byte> bytes, out string key)
    {
        const int MostDigits = 7;
        var space = bytes[..Math.Min(bytes.Length, MostDigits + 1)].IndexOf((byte)' ');
        if (space <= 0 || !int.TryParse(bytes[..space], NumberStyles.None, CultureInfo.InvariantCulture, out var length)
            || length <= space + 1 || length > bytes.Length || bytes[length - 1] != '\n')
            throw Broken();
        var record = bytes[(space + 1)..(length - 1)];
        bytes = bytes[length..];
        var separator = record.IndexOf((byte)'=');
        if (separator <= 0)
            throw Broken();
        key = Encoding.Latin1.GetString(record[..separator]);
        return record;
    }

    private static string Shown(string key) => key.Length > 40 ? key[..40] : key;

    private static ArchiveFormatException Broken() => new("has a pax header with a broken record");
}
