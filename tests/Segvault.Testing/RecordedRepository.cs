using System.Formats.Tar;
using System.IO.Compression;
using System.Text.Json.Nodes;
using Segvault.Repositories;

namespace Segvault.Testing;

/// <summary>A repository that an earlier version wrote (eng/record-repository), unpacked in a directory of its own.</summary>
internal sealed class RecordedRepository : IAsyncDisposable
{
    private readonly TempDirectory _directory = new();

    private RecordedRepository(string name) => Listed = JsonNode.Parse(File.ReadAllText(RepositoryRoot.Combine("tests", "corpora", "repositories", name + ".json")))!.AsArray();

    /// <summary>The names of all of them.</summary>
    public static IEnumerable<string> Names =>
        Directory.GetFiles(RepositoryRoot.Combine("tests", "corpora", "repositories"), "*.tar.gz").Select(path => System.IO.Path.GetFileName(path)[..^".tar.gz".Length]).Order(StringComparer.Ordinal);

    /// <summary>What that version's <c>segvault list --json</c> said of its backups.</summary>
    public JsonArray Listed { get; }

    /// <inheritdoc cref="TempDirectory.DamagedBecause"/>
    public string? DamagedBecause
    {
        get => _directory.DamagedBecause;
        set => _directory.DamagedBecause = value;
    }

    public string Path => _directory.Combine("repository");

    public static async Task<RecordedRepository> UnpackAsync(string name, CancellationToken cancellationToken)
    {
        var recorded = new RecordedRepository(name);
        await using var file = File.OpenRead(RepositoryRoot.Combine("tests", "corpora", "repositories", name + ".tar.gz"));
        await using var plain = new GZipStream(file, CompressionMode.Decompress);
        await TarFile.ExtractToDirectoryAsync(plain, recorded._directory.Path, overwriteFiles: false, cancellationToken);
        return recorded;
    }

    /// <summary>A path beside the repository; nothing is created.</summary>
    public string Combine(string name) => _directory.Combine(name);

    /// <summary>The file that an object is kept in, by the object's name in the store.</summary>
    public string PathOf(string name)
    {
        var parts = name.Split('/');
        return name.StartsWith(PackFormat.Prefix, StringComparison.Ordinal) ? System.IO.Path.Combine(Path, parts[0], parts[1][..2], parts[1]) : System.IO.Path.Combine([Path, .. parts]);
    }

    public ValueTask DisposeAsync()
    {
        _directory.Dispose();
        return ValueTask.CompletedTask;
    }
}
