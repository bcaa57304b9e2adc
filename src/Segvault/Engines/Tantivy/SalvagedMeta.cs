using System.Buffers;
using System.Collections.Immutable;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Segvault.Engines.Tantivy;

/// <summary>
/// Makes a <c>meta.json</c> that names only segments of which every file is whole. A lost <c>.del</c> file loses its segment: without it, documents
/// that were deleted would come back. Everything else stays as it is, also what this version does not know.
/// </summary>
internal static class SalvagedMeta
{
    /// <summary>The commit file as it was backed up, kept beside the new one. Tantivy does not look at it.</summary>
    public const string OriginalName = TantivyFileName.Meta + ".original";

    private const UnixFileMode Mode = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.OtherRead;

    /// <exception cref="DamageException">The file cannot be understood.</exception>
    public static SalvagedCommit Make(byte[] meta, IReadOnlySet<string> present, IReadOnlySet<string> lost)
    {
        var all = MetaFile.Parse(meta, TantivyFileName.Meta);
        var commit = new TantivyCommit(all);
        var harmed = commit.FindMissing(present).Concat(lost.Where(commit.IsLive)).Select(commit.SegmentOf).ToHashSet();
        ImmutableArray<string> lostSegments = [.. all.Segments.Select(segment => segment.Id).Where(harmed.Contains)];
        byte[] left = Rewrite(meta, all, lostSegments);
        return new SalvagedCommit(
            new TantivyCommit(MetaFile.Parse(left, TantivyFileName.Meta)),
            lostSegments,
            [new GeneratedFile(TantivyFileName.Meta, left, Mode), new GeneratedFile(OriginalName, meta, Mode)]);
    }

    /// <summary>What this version does not know may hold what can be read over and not be written again.</summary>
    private static byte[] Rewrite(byte[] meta, MetaFile all, ImmutableArray<string> lost)
    {
        try
        {
            return Write(meta, all, lost);
        }
        catch (InvalidOperationException e)
        {
            throw MetaFile.Damaged(TantivyFileName.Meta, "holds text that is not Unicode", e);
        }
    }

    private static byte[] Write(byte[] meta, MetaFile all, ImmutableArray<string> lost)
    {
        using var original = JsonDocument.Parse(meta, new JsonDocumentOptions { MaxDepth = 256 });
        var content = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(content, new JsonWriterOptions { Indented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, MaxDepth = 256 }))
        {
            json.WriteStartObject();
            foreach (var property in original.RootElement.EnumerateObject())
            {
                if (!property.NameEquals("segments"))
                {
                    property.WriteTo(json);
                    continue;
                }

                json.WriteStartArray("segments");
                foreach (var (segment, element) in all.Segments.Zip(property.Value.EnumerateArray()))
                {
                    if (!lost.Contains(segment.Id))
                        element.WriteTo(json);
                }

                json.WriteEndArray();
            }

            json.WriteEndObject();
        }

        content.Write("\n"u8);
        return content.WrittenSpan.ToArray();
    }
}
