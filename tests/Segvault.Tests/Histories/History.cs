using System.Collections.Immutable;
using Segvault.Testing;
using Segvault.Testing.Stores;

namespace Segvault.Tests.Histories;

/// <summary>Plays a script: clients with indexes, knowledge and faults of their own on one repository.</summary>
internal sealed class History : IAsyncDisposable
{
    private readonly TempDirectory _directory = new();
    private readonly List<RepositoryBench> _clients = [];
    private readonly List<TantivyFiles> _indexes = [];
    private readonly List<Mishap> _mishaps = [];
    private readonly ExpectedBackups _expected = new();
    private readonly HistoryScript _script;
    private readonly Baton _baton;
    private readonly RepositoryBench _bench;
    private int _targets;

    private History(HistoryScript script, RepositoryBench bench)
    {
        _script = script;
        _bench = bench;
        _baton = new Baton(script.Turns);
    }

    /// <summary>Plays it, and looks at what is left.</summary>
    public static async Task PlayAsync(HistoryScript script)
    {
        await using var bench = await RepositoryBench.CreateAsync();
        await using var history = new History(script, bench);
        await history.PlayAsync();
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var client in _clients)
            await client.DisposeAsync();
        _directory.Dispose();
    }

    private async Task PlayAsync()
    {
        var count = _script.Steps.Select(step => step.Client).DefaultIfEmpty(0).Max() + 1;
        for (var client = 0; client < count; client++)
            await JoinAsync(client);
        await _baton.RunAsync([.. Enumerable.Range(0, count).Select(client => (Func<Task>)(() => PlayAsync(client)))]);
        await LookAsync();
    }

    private async Task JoinAsync(int client)
    {
        var bench = await _bench.OpenAnotherAsync();
        bench.Store.BeforeCall = call => Baton.IsNoticeable(call) ? _baton.PassAsync(client) : Task.CompletedTask;
        bench.Store.OnCall = call => Fail(client, call);
        _clients.Add(bench);
        _mishaps.Add(Mishap.Nothing);

        // One seed for all: what one client has stored, others refer to.
        _indexes.Add(TantivyFiles.Create(_directory.Combine($"index-{client}"), segments: 1, bytesPerFile: 300, seed: 1));
    }

    private Fault Fail(int client, StoreCall call)
    {
        var fault = (_mishaps[client], call.Verb, call.IsLog) switch
        {
            (Mishap.LostReply, StoreVerb.Complete, true) => Fault.FailAfter,
            (Mishap.FailedPut, StoreVerb.Complete, false) => Fault.FailBefore,
            _ => Fault.None,
        };
        if (fault != Fault.None)
            _mishaps[client] = Mishap.Nothing;
        return fault;
    }

    private async Task PlayAsync(int client)
    {
        foreach (var step in _script.Steps.Where(step => step.Client == client))
        {
            _mishaps[client] = step.Mishap;
            try
            {
                await PlayAsync(step);
            }
            catch (Exception exception) when (exception is BackupNotFoundException || (exception is IOException or SegvaultException { Code: ErrorCode.StoreUnreachable } && step.Mishap == Mishap.FailedPut))
            {
                // Somebody was faster, or what had to fail did.
            }
        }
    }

    private Task PlayAsync(HistoryStep step) => step.What switch
    {
        Operation.Change => ChangeAsync(_indexes[step.Client]),
        Operation.BackUp => BackUpAsync(step.Client, BackupType.Incremental),
        Operation.BackUpFull => BackUpAsync(step.Client, BackupType.Full),
        Operation.Delete => DeleteAsync(step),
        Operation.Undelete => UndeleteAsync(step),
        Operation.Prune => PruneAsync(step.Client),
        Operation.Collect => _clients[step.Client].CollectAsync(),
        Operation.CollectWhatIsOld => _clients[step.Client].CollectAsync(TimeSpan.FromDays(1)),
        Operation.Restore => RestoreOneAsync(step),
        _ => VerifyAsync(_clients[step.Client]),
    };

    private static Task ChangeAsync(TantivyFiles index)
    {
        index.AddSegment(10);
        if (index.Segments.Count > 2)
            index.RemoveSegment(index.Segments[0]);
        index.WriteMeta();
        return Task.CompletedTask;
    }

    private async Task BackUpAsync(int client, BackupType type)
    {
        var began = _expected.Now();
        var content = DirectoryContent.Of(_indexes[client]);
        var result = await _clients[client].BackUpAsync(_indexes[client].Directory, new BackupOptions { Type = type, Name = "index" });
        if (!result.Unchanged)
            _expected.Taken(result.Backup.Id, content, began);
        else if (!_expected.MayBeThere(result.Backup.Id, began))
            throw new InvalidOperationException("The answer that nothing has changed names a backup that had been removed.");
        else if (_expected.ContentOf(result.Backup.Id) is { } held && held != content)
            throw new InvalidOperationException("The answer that nothing has changed names a backup of another state.");
    }

    private async Task DeleteAsync(HistoryStep step)
    {
        var live = await _clients[step.Client].ListAsync();
        if (live.Count == 0)
            return;
        var backup = live[step.Pick % live.Count].Id;
        var began = _expected.Now();
        await _clients[step.Client].Repository.DeleteBackupsAsync([backup]);
        _expected.Removed(backup, began);
    }

    private async Task UndeleteAsync(HistoryStep step)
    {
        var deleted = await _clients[step.Client].Repository.ListDeletedBackupsAsync();
        if (deleted.IsEmpty)
            return;
        var backup = deleted[step.Pick % deleted.Length].Backup.Id;
        var began = _expected.Now();
        await _clients[step.Client].Repository.UndeleteBackupsAsync([backup]);
        _expected.BroughtBack(backup, began);
    }

    private async Task PruneAsync(int client)
    {
        var began = _expected.Now();
        var result = await _clients[client].Repository.PruneAsync(new RetentionPolicy { KeepLast = 1 });
        foreach (var removed in result.Removed.Backups)
            _expected.Removed(removed.Backup.Id, began);
    }

    private async Task RestoreOneAsync(HistoryStep step)
    {
        var live = await _clients[step.Client].ListAsync();
        if (live.Count > 0)
            await RestoreAsync(_clients[step.Client], live[step.Pick % live.Count].Id);
    }

    private async Task RestoreAsync(RepositoryBench client, BackupId backup)
    {
        var target = _directory.Combine($"restored-{_targets++}");
        await client.Manager.RestoreBackupAsync(backup, target);

        // A backup that runs at the same time may be listed before it has said what it holds.
        if (_expected.ContentOf(backup) is { } content && content != DirectoryContent.Of(target))
            throw new InvalidOperationException($"Backup {backup} restores to something else than was backed up.");
        Directory.Delete(target, recursive: true);
    }

    private static async Task VerifyAsync(RepositoryBench client)
    {
        if ((await client.VerifyAsync()).Problems is [var problem, ..])
            throw new InvalidOperationException($"A verification says: {problem.Problem}");
    }

    /// <summary>With a client that knows nothing of before: the backups are those that must be there, and every one restores, before and after all that nobody needs is collected.</summary>
    private async Task LookAsync()
    {
        await using var client = await _bench.OpenAnotherAsync();
        var live = (await client.ListAsync()).Select(backup => backup.Id).ToImmutableHashSet();
        var now = _expected.Now();
        foreach (var backup in _expected.Known)
        {
            if (!live.Contains(backup) && !_expected.MayBeGone(backup, now))
                throw new InvalidOperationException($"Backup {backup} is lost.");
        }

        foreach (var backup in live)
        {
            if (_expected.ContentOf(backup) is null)
                throw new InvalidOperationException($"Backup {backup} is there, and whoever took it was told that it failed.");
            if (!_expected.MayBeThere(backup, now))
                throw new InvalidOperationException($"Backup {backup} is there, and was removed.");
            await RestoreAsync(client, backup);
        }

        await VerifyAsync(client);
        await client.CollectAsync();
        if (await client.FindUnreferencedPacksAsync() is [var left, ..])
            throw new InvalidOperationException($"Nobody needs {left}, and it is not collected.");
        foreach (var backup in live)
            await RestoreAsync(client, backup);
    }
}
