using System.Buffers.Binary;
using System.IO.Hashing;
using System.Text;
using System.Text.Json.Nodes;
using Segvault.IO;

namespace Segvault.Testing;

/// <summary>
/// Makes directories that have the form of a Tantivy index in every respect that can be seen without decoding a segment: names, footers,
/// CRCs, <c>meta.json</c>, <c>.managed.json</c>, <c>.del</c> files, and the order in which files come and go. No engine is needed.
/// </summary>
internal sealed class TantivyFiles
{
    private static readonly string[] Components = ["term", "idx", "pos", "store", "fast", "fieldnorm"];

    private readonly Random _random;
    private readonly List<TantivySegment> _segments = [];

    private TantivyFiles(string directory, int seed)
    {
        Directory = directory;
        _random = new Random(seed);
    }

    public string Directory { get; }

    /// <summary>The segments that the next <see cref="WriteMeta"/> names.</summary>
    public IReadOnlyList<TantivySegment> Segments => _segments;

    public ulong Opstamp { get; set; }

    public string? Payload { get; set; }

    /// <summary>Length of the files of segments added from now on, within ten bytes.</summary>
    public int BytesPerFile { get; set; }

    /// <summary>The version that footers name.</summary>
    public string EngineVersion { get; set; } = "0.25.0";

    public int FormatVersion { get; set; } = 7;

    /// <summary>Documents that are not deleted.</summary>
    public long Documents => _segments.Sum(segment => (long)segment.Documents - segment.Deleted);

    /// <summary>The names of all files that the commit consists of, <c>meta.json</c> included, in order.</summary>
    public IReadOnlyList<string> LiveFiles => [.. _segments.SelectMany(FilesOf).Append("meta.json").Order(StringComparer.Ordinal)];

    /// <summary>Makes a whole, committed index, with lock files as a writer and a reader leave them behind.</summary>
    public static TantivyFiles Create(string directory, int segments = 3, int documentsPerSegment = 100, int bytesPerFile = 4096, int seed = 1)
    {
        System.IO.Directory.CreateDirectory(directory);
        var files = new TantivyFiles(directory, seed) { BytesPerFile = bytesPerFile };
        File.WriteAllBytes(files.PathOf(".tantivy-writer.lock"), []);
        File.WriteAllBytes(files.PathOf(".tantivy-meta.lock"), []);
        for (int i = 0; i < segments; i++)
            files.AddSegment(documentsPerSegment);
        files.WriteMeta();
        return files;
    }

    public string PathOf(string fileName) => Path.Combine(Directory, fileName);

    /// <summary>Writes the files of a new segment; it is committed by <see cref="WriteMeta"/>.</summary>
    /// <param name="documents">How many documents it is said to have.</param>
    /// <param name="store">What its document store is to hold, such as <see cref="DocStore"/> makes.</param>
    /// <param name="positions">What its positions are to be, such as <see cref="PositionLists"/> makes.</param>
    public TantivySegment AddSegment(int documents, byte[]? store = null, byte[]? positions = null)
    {
        byte[] id = new byte[16];
        _random.NextBytes(id);
        var segment = new TantivySegment(Convert.ToHexStringLower(id), (uint)documents);
        Opstamp += (ulong)documents;
        foreach (string component in Components)
        {
            byte[] body = new byte[Math.Max(0, BytesPerFile - MakeFooter([]).Length)];
            _random.NextBytes(body);
            File.WriteAllBytes(PathOf($"{segment.Id}.{component}"), AddFooter((component switch { "store" => store, "pos" => positions, _ => null }) ?? body));
        }

        _segments.Add(segment);
        return segment;
    }

    /// <summary>Takes a segment out of the next commit. Its files stay until <see cref="CollectGarbage"/>.</summary>
    public void RemoveSegment(TantivySegment segment) => _segments.Remove(segment);

    /// <summary>Deletes the first documents of a segment that are still alive, by writing a new <c>.del</c> file.</summary>
    public void AddDelete(TantivySegment segment, int documents = 1)
    {
        segment.Deleted = Math.Min(segment.Documents, segment.Deleted + (uint)documents);
        segment.DeletesOpstamp = ++Opstamp;
        File.WriteAllBytes(PathOf(segment.DeletesFile!), AddFooter(MakeAliveBits(segment.Documents, segment.Deleted)));
    }

    /// <summary>Commits: replaces <c>meta.json</c> in one step, as Tantivy does.</summary>
    public void WriteMeta()
    {
        WriteAtomically(".managed.json", new JsonArray([.. EngineFiles().Append("meta.json").Select(name => (JsonNode)name)]).ToJsonString() + "\n");
        WriteAtomically("meta.json", MakeMeta().ToJsonString(new() { WriteIndented = true }) + "\n");
    }

    /// <summary>
    /// Deletes what no commit names, as Tantivy's collector does: what to delete is decided under the meta lock, the deleting comes after it.
    /// </summary>
    public void CollectGarbage()
    {
        var held = LockMeta();
        var live = LiveFiles.ToHashSet(StringComparer.Ordinal);
        string[] garbage = [.. EngineFiles().Where(name => !live.Contains(name))];
        held?.Dispose();
        foreach (string name in garbage)
            File.Delete(PathOf(name));
    }

    /// <summary>Changes the index in every way that an application does: adds, deletes, merges away, and collects what is garbage then.</summary>
    public void Change()
    {
        AddSegment(30);
        AddDelete(Segments[1], 3);
        RemoveSegment(Segments[0]);
        WriteMeta();
        CollectGarbage();
        WriteMeta();
    }

    /// <summary>The object that <see cref="WriteMeta"/> writes, for a test to change and write itself.</summary>
    public JsonObject MakeMeta()
    {
        var meta = new JsonObject
        {
            ["index_settings"] = new JsonObject { ["docstore_compression"] = "lz4", ["docstore_blocksize"] = 16384 },
            ["segments"] = new JsonArray([.. _segments.OrderByDescending(segment => segment.Documents).Select(Describe)]),
            ["schema"] = new JsonArray(new JsonObject { ["name"] = "body", ["type"] = "text", ["options"] = new JsonObject { ["stored"] = true } }),
            ["opstamp"] = Opstamp,
        };
        if (Payload is not null)
            meta["payload"] = Payload;
        return meta;
    }

    /// <summary>A file's content: a body and the footer that fits it.</summary>
    public byte[] AddFooter(ReadOnlySpan<byte> body) => [.. body, .. MakeFooter(body)];

    /// <summary>The body of a <c>.del</c> file: the number of documents, and a bit for each that is set where it is alive.</summary>
    public static byte[] MakeAliveBits(uint documents, uint deleted)
    {
        byte[] body = new byte[4 + ((documents + 63) / 64 * 8)];
        BinaryPrimitives.WriteUInt32LittleEndian(body, documents);
        for (uint document = deleted; document < documents; document++)
            body[4 + (document / 8)] |= (byte)(1 << (int)(document % 8));
        return body;
    }

    private byte[] MakeFooter(ReadOnlySpan<byte> body)
    {
        string[] version = EngineVersion.Split('.');
        byte[] json = Encoding.UTF8.GetBytes(
            $$$"""{"version":{"major":{{{version[0]}}},"minor":{{{version[1]}}},"patch":{{{version[2]}}},"index_format_version":{{{FormatVersion}}}},"crc":{{{Crc32.HashToUInt32(body)}}}}""");
        byte[] footer = new byte[json.Length + 8];
        json.CopyTo(footer, 0);
        BinaryPrimitives.WriteInt32LittleEndian(footer.AsSpan(json.Length), json.Length);
        BinaryPrimitives.WriteInt32LittleEndian(footer.AsSpan(json.Length + 4), 1337);
        return footer;
    }

    private static JsonObject Describe(TantivySegment segment) => new()
    {
        ["segment_id"] = new Guid(Convert.FromHexString(segment.Id), bigEndian: true).ToString("D"),
        ["max_doc"] = segment.Documents,
        ["deletes"] = segment.DeletesOpstamp is { } opstamp
            ? new JsonObject { ["num_deleted_docs"] = segment.Deleted, ["opstamp"] = opstamp }
            : null,
    };

    private static IEnumerable<string> FilesOf(TantivySegment segment)
    {
        var names = Components.Select(component => $"{segment.Id}.{component}");
        return segment.DeletesFile is { } deletes ? names.Append(deletes) : names;
    }

    private IEnumerable<string> EngineFiles() =>
        System.IO.Directory.EnumerateFiles(Directory).Select(path => Path.GetFileName(path)).Where(name => name.Length > 33 && name[32] == '.');

    /// <summary>Null when there is no lock file, as on an index that nobody ever opened.</summary>
    private AdvisoryLock? LockMeta()
    {
        while (true)
        {
            if (AdvisoryLock.TryAcquire(PathOf(".tantivy-meta.lock"), out var held) != AdvisoryLockResult.Busy)
                return held;
            Thread.Sleep(1);
        }
    }

    private void WriteAtomically(string name, string content)
    {
        string temporary = PathOf($".tmp{_random.Next(100_000, 1_000_000)}");
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        using (var stream = new FileStream(temporary, options))
            stream.Write(Encoding.UTF8.GetBytes(content));
        File.Move(temporary, PathOf(name), overwrite: true);
    }
}

/// <summary>A segment made by <see cref="TantivyFiles"/>.</summary>
internal sealed class TantivySegment(string id, uint documents)
{
    /// <summary>32 lowercase hexadecimal digits.</summary>
    public string Id { get; } = id;

    /// <summary>Documents, deleted ones included.</summary>
    public uint Documents { get; } = documents;

    public uint Deleted { get; internal set; }

    public ulong? DeletesOpstamp { get; internal set; }

    public string? DeletesFile => DeletesOpstamp is { } opstamp ? $"{Id}.{opstamp}.del" : null;
}
