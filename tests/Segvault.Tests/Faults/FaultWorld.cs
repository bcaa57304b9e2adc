using Segvault.Repositories;
using Segvault.Testing;
using Segvault.Testing.Stores;

namespace Segvault.Tests.Faults;

/// <summary>A small index with three backups in memory, changed since; and other states to begin an operation from. None of them is ever written to: operations get copies.</summary>
internal sealed class FaultWorld : IDisposable
{
    private readonly TempDirectory _directory;
    private int _scratch;

    private FaultWorld(TempDirectory directory) => _directory = directory;

    public required TantivyFiles Index { get; init; }

    /// <summary>What every backup restores to.</summary>
    public Dictionary<BackupId, DirectoryContent> Expected { get; } = [];

    public required IReadOnlyList<BackupId> Backups { get; init; }

    /// <summary>What the index holds now.</summary>
    public required DirectoryContent Now { get; init; }

    /// <summary>A repository without a backup.</summary>
    public required MemoryObjectStore Empty { get; init; }

    /// <summary>Three backups, and the index has changed since.</summary>
    public required MemoryObjectStore Changed { get; init; }

    /// <summary>As <see cref="Changed"/>, with as many checkpoints as are kept, and one more due after the next entry of the log.</summary>
    public required MemoryObjectStore CheckpointDue { get; init; }

    /// <summary>Three backups and one of the state that the index still has.</summary>
    public required MemoryObjectStore Unchanged { get; init; }

    /// <summary>Three backups, of which the oldest two are removed.</summary>
    public required MemoryObjectStore Removed { get; init; }

    /// <summary>The index has what is broken in here.</summary>
    public required MemoryObjectStore Damaged { get; init; }

    /// <summary>A full archive of another index, and what that holds.</summary>
    public required (string Path, DirectoryContent Content) Archive { get; init; }

    public static async Task<FaultWorld> CreateAsync()
    {
        var directory = new TempDirectory();
        await using var bench = await RepositoryBench.CreateAsync();
        var empty = bench.Memory.Copy();
        var index = TantivyFiles.Create(directory.Combine("index"), segments: 2, bytesPerFile: 300);
        var expected = new Dictionary<BackupId, DirectoryContent>();
        async Task BackUpAsync() => expected.Add((await bench.BackUpAsync(index.Directory)).Backup.Id, DirectoryContent.Of(index));
        for (int i = 0; i < 3; i++)
        {
            await BackUpAsync();
            index.Change();
        }

        BackupId[] backups = [.. expected.Keys];
        var changed = bench.Memory.Copy();
        await BackUpAsync();
        var world = new FaultWorld(directory)
        {
            Index = index,
            Backups = backups,
            Now = DirectoryContent.Of(index),
            Empty = empty,
            Changed = changed,
            CheckpointDue = await ChangedAsync(changed, FillLogAsync),
            Unchanged = bench.Memory.Copy(),
            Removed = await ChangedAsync(changed, copy => copy.Repository.DeleteBackupsAsync([.. backups.Take(2)])),
            Damaged = await ChangedAsync(bench.Memory, async copy =>
            {
                copy.DamagedBecause = "a repair is to mend it";
                await copy.FlipAsync(await copy.Manager.GetManifestAsync(expected.Keys.Last()), index.Segments[0].Id + ".store");
            }),
            Archive = await ArchiveAsync(directory),
        };
        foreach (var (backup, content) in expected)
            world.Expected.Add(backup, content);
        return world;
    }

    public string NewPath(string what) => Path.Combine(_directory.Path, $"{what}-{Interlocked.Increment(ref _scratch)}");

    public void Dispose() => _directory.Dispose();

    private static async Task<MemoryObjectStore> ChangedAsync(MemoryObjectStore from, Func<RepositoryBench, Task> change)
    {
        var memory = from.Copy();
        await using var bench = await RepositoryBench.OpenAsync(memory);
        await change(bench);
        return memory;
    }

    private static async Task FillLogAsync(RepositoryBench bench)
    {
        // Operations begin at the last of them, and read only what follows.
        var checkpoints = new CheckpointStore(bench.Memory, bench.Repository.Objects.Id);
        for (long next = 0; next < (2 * CheckpointStore.Interval) - 1;)
        {
            var state = await bench.AppendAsync(LogKind.Nop);
            next = state.NextNumber;
            if (next is 30 or (2 * CheckpointStore.Interval) - 3)
                await checkpoints.WriteAsync(state, CancellationToken.None);
        }
    }

    private static async Task<(string Path, DirectoryContent Content)> ArchiveAsync(TempDirectory directory)
    {
        await using var other = await RepositoryBench.CreateAsync();
        var index = TantivyFiles.Create(directory.Combine("elsewhere"), segments: 1, bytesPerFile: 300, seed: 7);
        var backup = await other.BackUpAsync(index.Directory);
        string path = directory.Combine("elsewhere.tar.gz");
        await other.Repository.ExportBackupAsync(backup.Backup.Id, path);
        return (path, DirectoryContent.Of(index));
    }
}
