using Segvault.Repositories;
using Segvault.Testing;
using Segvault.Testing.Stores;
using Xunit;

namespace Segvault.Tests.Faults;

/// <summary>Something that a client does in a repository while its store fails.</summary>
/// <param name="Name">What it is called in messages.</param>
/// <param name="Base">The state of the repository that it begins from.</param>
/// <param name="RunAsync">Does it; returns what its success must mean to somebody who looks from outside.</param>
internal sealed record FaultedOperation(string Name, Func<FaultWorld, MemoryObjectStore> Base, Func<FaultWorld, RepositoryBench, Task<Func<RepositoryBench, Task>>> RunAsync)
{
    /// <summary>Backups that it may take out of the list.</summary>
    public Func<FaultWorld, IReadOnlyCollection<BackupId>> Removes { get; init; } = _ => [];

    /// <summary>True when there is something for it to repair, so that backups may be broken until it has succeeded.</summary>
    public bool Repairs { get; init; }

    /// <summary>True when a failure may come after it has recorded something that stays true.</summary>
    public bool IsDoneInSteps { get; init; }

    /// <summary>True when the entry that it writes is followed by a checkpoint, and an old checkpoint goes.</summary>
    public bool WritesCheckpoint { get; init; }

    public static IReadOnlyList<FaultedOperation> All { get; } =
    [
        new("first backup", world => world.Empty, BackUpAsync),
        new("incremental backup", world => world.Changed, BackUpAsync),
        new("full backup", world => world.Changed, (world, bench) => BackUpAsync(world, bench, new BackupOptions { Type = BackupType.Full })),
        new("unchanged backup", world => world.Unchanged, UnchangedAsync),
        new("delete", world => world.Changed, DeleteAsync) { Removes = world => [world.Backups[1]] },
        new("prune", world => world.Changed, PruneAsync) { Removes = world => [world.Backups[0], world.Backups[1]] },
        new("collection", world => world.Removed, CollectAsync),
        new("undelete", world => world.Removed, UndeleteAsync),
        new("restore", world => world.Changed, RestoreAsync),
        new("replacing restore", world => world.Changed, ReplaceAsync),
        new("verification", world => world.Changed, VerifyAsync),
        new("repair", world => world.Damaged, RepairAsync) { Repairs = true, IsDoneInSteps = true },
        new("import", world => world.Changed, ImportAsync),
        new("drill", world => world.Changed, DrillAsync),
        new("backup with a checkpoint", world => world.CheckpointDue, BackUpAsync) { WritesCheckpoint = true },
        new("delete with a checkpoint", world => world.CheckpointDue, DeleteAsync) { WritesCheckpoint = true, Removes = world => [world.Backups[1]] },
    ];

    /// <summary>What is listed of a backup's files, to be compared with a directory's content.</summary>
    public static DirectoryContent ContentOf(BackupManifest manifest) =>
        new(string.Concat(manifest.Files.Where(file => !file.Path.StartsWith('.')).OrderBy(file => file.Path, StringComparer.Ordinal).Select(file => $"{file.Sha256}  {file.Path}\n")));

    private static Task<Func<RepositoryBench, Task>> BackUpAsync(FaultWorld world, RepositoryBench bench) => BackUpAsync(world, bench, new BackupOptions());

    private static async Task<Func<RepositoryBench, Task>> BackUpAsync(FaultWorld world, RepositoryBench bench, BackupOptions options)
    {
        var backup = (await bench.BackUpAsync(world.Index.Directory, options)).Backup.Id;
        return async fresh => Assert.Equal(world.Now, ContentOf(await fresh.Manager.GetManifestAsync(backup)));
    }

    private static async Task<Func<RepositoryBench, Task>> UnchangedAsync(FaultWorld world, RepositoryBench bench)
    {
        var result = await bench.BackUpAsync(world.Index.Directory);
        return async fresh => Assert.Equal(world.Now, ContentOf(await fresh.Manager.GetManifestAsync(result.Backup.Id)));
    }

    private static async Task<Func<RepositoryBench, Task>> DeleteAsync(FaultWorld world, RepositoryBench bench)
    {
        // Where the outcome was unknown it may be gone already.
        if ((await bench.ListAsync()).Any(backup => backup.Id == world.Backups[1]))
            await bench.Repository.DeleteBackupsAsync([world.Backups[1]]);
        return async fresh => Assert.DoesNotContain(world.Backups[1], (await fresh.ListAsync()).Select(backup => backup.Id));
    }

    private static async Task<Func<RepositoryBench, Task>> PruneAsync(FaultWorld world, RepositoryBench bench)
    {
        var removed = (await bench.Repository.PruneAsync(new RetentionPolicy { KeepLast = 1 })).Removed.Backups.Select(backup => backup.Backup.Id).ToList();
        return async fresh => Assert.Empty((await fresh.ListAsync()).Select(backup => backup.Id).Intersect(removed));
    }

    private static async Task<Func<RepositoryBench, Task>> CollectAsync(FaultWorld world, RepositoryBench bench)
    {
        await bench.CollectAsync();
        return async fresh =>
        {
            Assert.Empty(await fresh.FindUnreferencedPacksAsync());
            var live = (await fresh.ListAsync()).Select(backup => backup.Id).ToList();
            Assert.Equal(live.Select(ManifestStore.NameOf).Order(StringComparer.Ordinal), fresh.Memory.NamesOf(ManifestStore.Prefix));
            Assert.Contains(world.Backups[2], live);

            // A lost entry may have brought removed backups back, so its repair does.
            if ((await fresh.Log.FoldAsync(CancellationToken.None)).Skipped.IsEmpty)
                Assert.Single(live);
        };
    }

    private static async Task<Func<RepositoryBench, Task>> UndeleteAsync(FaultWorld world, RepositoryBench bench)
    {
        await bench.Repository.UndeleteBackupsAsync([world.Backups[0]]);
        return async fresh => Assert.Contains(world.Backups[0], (await fresh.ListAsync()).Select(backup => backup.Id));
    }

    private static async Task<Func<RepositoryBench, Task>> RestoreAsync(FaultWorld world, RepositoryBench bench)
    {
        string target = world.NewPath("target");
        try
        {
            await bench.Manager.RestoreBackupAsync(world.Backups[1], target);
            Assert.Equal(world.Expected[world.Backups[1]], DirectoryContent.Of(target));
            Directory.Delete(target, recursive: true);
        }
        catch (Exception exception) when (exception is SegvaultException or IOException)
        {
            Assert.False(Directory.Exists(target), $"The restore failed, and its target is there: {exception.Message}");
            throw;
        }

        return _ => Task.CompletedTask;
    }

    private static async Task<Func<RepositoryBench, Task>> ReplaceAsync(FaultWorld world, RepositoryBench bench)
    {
        string target = world.NewPath("target");
        TantivyFiles.Create(target, segments: 1, bytesPerFile: 200, seed: 3);
        var old = DirectoryContent.Of(target);
        try
        {
            await bench.Manager.RestoreBackupAsync(world.Backups[0], target, new RestoreOptions { IfTargetExists = IfTargetExists.Replace });
            Assert.Equal(world.Expected[world.Backups[0]], DirectoryContent.Of(target));
        }
        catch (Exception exception) when (exception is SegvaultException or IOException)
        {
            Assert.Equal(old, DirectoryContent.Of(target));
            throw;
        }
        finally
        {
            Directory.Delete(target, recursive: true);
        }

        return _ => Task.CompletedTask;
    }

    private static async Task<Func<RepositoryBench, Task>> VerifyAsync(FaultWorld world, RepositoryBench bench)
    {
        var report = await bench.VerifyAsync();

        // What a failing store makes it say is about what that store did; what must not be is that a harmed repository passes.
        Assert.True(bench.Store.Injected > 0 || report.Problems.IsEmpty);

        // The command ends with an error then, though everything was verified.
        if (report.Problems.FirstOrDefault(problem => problem.Object.StartsWith(LogReader.Prefix, StringComparison.Ordinal)) is { } harmed)
            throw new DamageException(ErrorCode.RepositoryDamaged, harmed.Object, harmed.Problem);
        return async fresh =>
        {
            var state = await fresh.Log.FoldAsync(CancellationToken.None);
            Assert.True(report.PacksRead == 0 || !state.VerifiedAt.IsEmpty || report.Warnings.Any(warning => warning.Code == ErrorCode.NotRecorded));
        };
    }

    private static async Task<Func<RepositoryBench, Task>> RepairAsync(FaultWorld world, RepositoryBench bench)
    {
        var report = await bench.Repository.RepairAsync(new RepairOptions { Indexes = [world.Index.Directory] });
        return async fresh =>
        {
            var left = (await fresh.VerifyAsync()).Problems;
            Assert.True(report.Outcome == RepairOutcome.Incomplete || left.IsEmpty, $"Reported as {report.Outcome} with {string.Join("; ", report.Problems)}, and left {string.Join("; ", left)}");
        };
    }

    private static async Task<Func<RepositoryBench, Task>> ImportAsync(FaultWorld world, RepositoryBench bench)
    {
        var backup = (await bench.Repository.ImportBackupAsync(world.Archive.Path)).Backup.Id;
        return async fresh => Assert.Equal(world.Archive.Content, ContentOf(await fresh.Manager.GetManifestAsync(backup)));
    }

    private static async Task<Func<RepositoryBench, Task>> DrillAsync(FaultWorld world, RepositoryBench bench)
    {
        string scratch = Directory.CreateDirectory(world.NewPath("scratch")).FullName;
        var result = await bench.Manager.DrillBackupAsync(world.Backups[2], new DrillOptions { UseInstalledEngine = false, Scratch = scratch });
        Assert.Empty(Directory.EnumerateFileSystemEntries(scratch));
        return async fresh =>
        {
            if (result.Warnings.Any(warning => warning.Code == ErrorCode.NotRecorded))
                return;
            var record = (await fresh.Log.FoldAsync(CancellationToken.None)).LiveRecords.Single(record => record.Add.Id == world.Backups[2]);
            Assert.Equal(result.Passed, record.Drill!.Passed);
        };
    }
}
