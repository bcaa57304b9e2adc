using System.Buffers;
using System.Collections.Immutable;
using System.Text.Json;

namespace Segvault.Engines.Tantivy;

/// <summary>
/// What <c>meta.json</c> says, as far as a backup needs it. Keys that are not known are passed over: newer versions and forks add some,
/// and the file is stored and restored byte for byte.
/// </summary>
internal sealed record MetaFile(ImmutableArray<MetaSegment> Segments, ulong Opstamp)
{
    private const string Hint = "Restore the index from a backup, or have the application rebuild it.";

    /// <summary>Reads it. <paramref name="path"/> is for messages.</summary>
    /// <exception cref="DamageException">Tantivy could not open an index with such a file.</exception>
    public static MetaFile Parse(ReadOnlyMemory<byte> content, string path)
    {
        if (content.Length == 0)
            throw Damaged(path, "is empty");
        if (!content.Span.ContainsAnyExcept((byte)0))
            throw Damaged(path, "holds nothing but zero bytes");

        try
        {
            using var json = JsonDocument.Parse(content, new JsonDocumentOptions { MaxDepth = 256 });
            return Parse(json.RootElement, path);
        }
        catch (JsonException e)
        {
            throw Damaged(path, $"is not readable as JSON, or was cut short (line {e.LineNumber + 1}, byte {e.BytePositionInLine + 1})", e);
        }
        catch (InvalidOperationException e)
        {
            // What System.Text.Json throws for a string that is not Unicode.
            throw Damaged(path, "holds text that is not UTF-8", e);
        }
    }

    public static DamageException Damaged(string path, string what, Exception? inner = null) =>
        new(ErrorCode.IndexDamaged, TantivyFileName.Meta, $"{path} {what}.", Hint, inner);

    private static MetaFile Parse(JsonElement root, string path)
    {
        if (root.ValueKind != JsonValueKind.Object || !root.TryGetProperty("segments", out var list) || list.ValueKind != JsonValueKind.Array)
            throw Damaged(path, "has no list of segments");
        if (!root.TryGetProperty("schema", out var schema) || schema.ValueKind != JsonValueKind.Array)
            throw Damaged(path, "has no schema");
        if (!TryReadUnsigned(root, "opstamp", out ulong opstamp))
            throw Damaged(path, "has no operation stamp");

        var segments = ImmutableArray.CreateBuilder<MetaSegment>(list.GetArrayLength());
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (var element in list.EnumerateArray())
        {
            var segment = ParseSegment(element, path, segments.Count + 1);
            if (!seen.Add(segment.Id))
                throw Damaged(path, $"names the segment {segment.Id} twice");
            segments.Add(segment);
        }

        return new MetaFile(segments.MoveToImmutable(), opstamp);
    }

    private static MetaSegment ParseSegment(JsonElement element, string path, int position)
    {
        if (element.ValueKind != JsonValueKind.Object
            || !element.TryGetProperty("segment_id", out var idElement) || idElement.ValueKind != JsonValueKind.String
            || ParseId(idElement.GetString()!) is not { } id)
        {
            throw Damaged(path, $"names no valid id for segment {position}");
        }

        if (!TryReadUnsigned(element, "max_doc", out ulong documents) || documents > uint.MaxValue)
            throw Damaged(path, $"names no number of documents for the segment {id}");
        if (!element.TryGetProperty("deletes", out var deletes) || deletes.ValueKind == JsonValueKind.Null)
            return new MetaSegment(id, (uint)documents, 0, null);
        if (deletes.ValueKind != JsonValueKind.Object
            || !TryReadUnsigned(deletes, "num_deleted_docs", out ulong deleted) || deleted > documents
            || !TryReadUnsigned(deletes, "opstamp", out ulong deletedAt))
        {
            throw Damaged(path, $"does not say sensibly which documents of the segment {id} are deleted");
        }

        return new MetaSegment(id, (uint)documents, (uint)deleted, deletedAt);
    }

    private static bool TryReadUnsigned(JsonElement parent, string name, out ulong value)
    {
        value = 0;
        return parent.TryGetProperty(name, out var element) && element.ValueKind == JsonValueKind.Number && element.TryGetUInt64(out value);
    }

    /// <summary>Reads a UUID in the forms that Tantivy's parser takes: with hyphens, without, in braces, as URN. Null when it is none.</summary>
    private static string? ParseId(string text)
    {
        var body = text.AsSpan();
        if (body.Length == 45 && body.StartsWith("urn:uuid:", StringComparison.Ordinal))
            body = body[9..];
        else if (body.Length == 38 && body[0] == '{' && body[^1] == '}')
            body = body[1..^1];

        if (body.Length == 36 && body[8] == '-' && body[13] == '-' && body[18] == '-' && body[23] == '-')
            body = string.Concat(body[..8], body[9..13], body[14..18], string.Concat(body[19..23], body[24..]));
        if (body.Length != 32 || body.ContainsAnyExcept(HexDigits))
            return null;
        return body.ToString().ToLowerInvariant();
    }

    private static readonly SearchValues<char> HexDigits = SearchValues.Create("0123456789abcdefABCDEF");
}

/// <summary>One segment of a commit.</summary>
/// <param name="Id">32 lowercase hexadecimal digits, as file names begin.</param>
/// <param name="MaxDoc">Documents, deleted ones included.</param>
/// <param name="Deleted">Deleted documents.</param>
/// <param name="DeletesOpstamp">The number in the name of the segment's <c>.del</c> file; null when nothing was ever deleted.</param>
internal sealed record MetaSegment(string Id, uint MaxDoc, uint Deleted, ulong? DeletesOpstamp)
{
    /// <summary>The component that lists the documents alive; null when all are.</summary>
    public string? DeletesComponent => DeletesOpstamp is { } opstamp ? $"{opstamp}.del" : null;
}
