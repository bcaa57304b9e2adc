using Segvault.Engines;
using Segvault.IO;
using Segvault.Testing;
using Xunit;

namespace Segvault.Tests.Snapshots;

/// <summary>A directory with an index and a place for snapshots of it.</summary>
internal sealed class SnapshotBench : IDisposable
{
    private readonly TempDirectory _directory = new();

    public SnapshotBench(int segments = 2, int bytesPerFile = 600)
    {
        Files = TantivyFiles.Create(_directory.Combine("index"), segments, bytesPerFile: bytesPerFile);
        Files.AddDelete(Files.Segments[0]);
        Files.WriteMeta();
    }

    public TantivyFiles Files { get; }

    public string Root => _directory.Path;

    public string Index => Files.Directory;

    public string Place => Combine("snapshot");

    /// <summary>Runs when the event of this number is logged; see <see cref="LogHooks"/>.</summary>
    public LogHooks Hooks { get; } = new();

    public static CancellationToken Token => TestContext.Current.CancellationToken;

    /// <summary>Whether files that are copied here share blocks with their originals.</summary>
    public bool CanClone
    {
        get
        {
            var (source, destination) = (Combine("clone-source"), Combine("clone"));
            try
            {
                File.WriteAllText(source, "x");
                using var from = File.OpenHandle(source);
                using var to = File.OpenHandle(destination, FileMode.CreateNew, FileAccess.ReadWrite);
                return FileLinks.TryClone(from, to);
            }
            finally
            {
                File.Delete(source);
                File.Delete(destination);
            }
        }
    }

    public string Combine(params ReadOnlySpan<string> parts) => _directory.Combine(parts);

    public Task<SnapshotResult> MakeAsync(SnapshotOptions? options = null, Func<CancellationToken, ValueTask>? pinned = null, string? place = null) =>
        NewManager().CreateSnapshotAsync(Source(pinned), place ?? Place, options, cancellationToken: Token);

    public Task<SnapshotResult> UseAsync(Func<SnapshotResult, CancellationToken, ValueTask> use, CancellationToken? token = null) =>
        NewManager().UseSnapshotAsync(Source(null), Place, use, cancellationToken: token ?? Token);

    public SnapshotManager NewManager() => new(new BackupManagerOptions { LoggerFactory = Hooks });

    public IndexSource Source(Func<CancellationToken, ValueTask>? pinned) => IndexSource.Open(Index) with { PinnedAsync = pinned };

    /// <summary>The snapshot has exactly these files, each passes the engine's check, and nothing is left beside it.</summary>
    public async Task AssertGoodAsync(DirectoryContent expected, string? place = null)
    {
        Assert.Equal(expected, DirectoryContent.Of(place ?? Place));
        var inspection = await IndexEngines.Get("tantivy").InspectAsync(place ?? Place, readContent: true, null, Token);
        Assert.Empty(inspection.Problems);
        Assert.Empty(inspection.OrphanFiles);
        AssertNothingBeside();
    }

    public void AssertNothingBeside()
    {
        Assert.DoesNotContain(Directory.EnumerateFileSystemEntries(Root, "*", SearchOption.AllDirectories), entry => Path.GetFileName(entry) is var name
            && name.Contains(".segvault", StringComparison.Ordinal));
    }

    public static FileStatus StatusOf(string directory, string name) => FileStatus.TryRead(Path.Combine(directory, name))!;

    public void Dispose() => _directory.Dispose();
}
