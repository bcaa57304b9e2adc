using System.Buffers;
using System.Text.Json;

namespace Segvault.Engines.Tantivy;

/// <summary>
/// Makes <c>.managed.json</c>, the list of files that Tantivy may delete once no commit refers to them. A restored index without it
/// would keep its old segments forever; a file listed that is not Tantivy's would be deleted.
/// </summary>
internal static class ManagedFile
{
    public static GeneratedFile Generate(IEnumerable<string> files)
    {
        var content = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(content))
        {
            json.WriteStartArray();
            foreach (string name in files.Where(TantivyFileName.IsData).Append(TantivyFileName.Meta).Distinct().Order(StringComparer.Ordinal))
                json.WriteStringValue(name);
            json.WriteEndArray();
        }

        content.Write("\n"u8);
        return new GeneratedFile(TantivyFileName.Managed, content.WrittenMemory, UnixFileMode.UserRead | UnixFileMode.UserWrite);
    }
}
