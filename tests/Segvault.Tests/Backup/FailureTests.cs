using Segvault.Engines;
using Segvault.Repositories;
using Segvault.Testing;
using Segvault.Testing.Stores;
using Xunit;

namespace Segvault.Tests.Backup;

/// <summary>A backup that fails at any call of the store: what it leaves, and what becomes of the backups before it.</summary>
public sealed class FailureTests : IAsyncLifetime
{
    private readonly TempDirectory _directory = new();
    private RepositoryBench _base = null!;
    private TantivyFiles _index = null!;
    private BackupResult _first = null!;
    private DirectoryContent _firstContent = null!;
    private DirectoryContent _content = null!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _base = await RepositoryBench.CreateAsync();
        _index = TantivyFiles.Create(_directory.Combine("index"), segments: 1, bytesPerFile: 2000);
        _firstContent = DirectoryContent.Of(_index);
        _first = await _base.BackUpAsync(_index.Directory);
        _index.AddSegment(20);
        _index.WriteMeta();
        _content = DirectoryContent.Of(_index);
    }

    public async ValueTask DisposeAsync()
    {
        await _base.DisposeAsync();
        _directory.Dispose();
    }

    [Theory]
    [InlineData(BackupType.Incremental, Fault.FailBefore)]
    [InlineData(BackupType.Incremental, Fault.FailAfter)]
    [InlineData(BackupType.Full, Fault.FailBefore)]
    [InlineData(BackupType.Full, Fault.FailAfter)]
    public async Task One_failing_call_leaves_a_sound_repository_wherever_it_is(BackupType type, Fault fault)
    {
        int calls = await CountCallsAsync(type);
        Assert.InRange(calls, 15, 200);
        for (int i = 0; i < calls; i++)
        {
            await using var bench = await RepositoryBench.OpenAsync(_base.Memory.Copy());
            bench.Store.OnCall = call => call.Number == i ? fault : Fault.None;
            await RunAndCheckAsync(bench, i, () => bench.BackUpAsync(_index.Directory, new BackupOptions { Type = type }));
        }
    }

    [Theory]
    [InlineData(Fault.FailBefore)]
    [InlineData(Fault.FailAfter)]
    public async Task A_store_that_fails_from_some_call_on_leaves_a_sound_repository(Fault fault)
    {
        int calls = await CountCallsAsync(BackupType.Incremental);
        for (int i = 0; i < calls; i++)
        {
            await using var bench = await RepositoryBench.OpenAsync(_base.Memory.Copy());
            bench.Store.OnCall = call => call.Number >= i ? fault : Fault.None;
            await RunAndCheckAsync(bench, i, () => bench.BackUpAsync(_index.Directory));
        }
    }

    [Fact]
    public async Task A_backup_cancelled_at_any_call_leaves_a_sound_repository()
    {
        int calls = await CountCallsAsync(BackupType.Incremental);
        for (int i = 0; i < calls; i++)
        {
            await using var bench = await RepositoryBench.OpenAsync(_base.Memory.Copy());
            using var stop = new CancellationTokenSource();
            bench.Store.BeforeCall = call => call.Number == i ? stop.CancelAsync() : Task.CompletedTask;
            await RunAndCheckAsync(
                bench, i, () => bench.Manager.CreateBackupAsync(IndexSource.Open(_index.Directory), cancellationToken: stop.Token));
        }
    }

    [Fact]
    public async Task A_lost_reply_to_the_commit_is_success_and_the_backup_is_there_once()
    {
        await using var bench = await RepositoryBench.OpenAsync(_base.Memory.Copy());
        int commits = 0;
        bench.Store.OnCall = call => call.IsCommit && commits++ == 0 ? Fault.FailAfter : Fault.None;
        var backup = await bench.BackUpAsync(_index.Directory);
        Assert.Equal(2, commits);
        Assert.Equal([_first.Backup.Id, backup.Backup.Id], (await bench.ListAsync()).Select(summary => summary.Id));
        Assert.Equal(2, bench.Memory.NamesOf("log/").Count);
    }

    [Fact]
    public async Task An_unknown_outcome_keeps_every_object()
    {
        await using var bench = await RepositoryBench.OpenAsync(_base.Memory.Copy());
        bench.Store.OnCall = call => call.IsCommit ? Fault.FailBefore : Fault.None;
        var unknown = await Assert.ThrowsAsync<CommitOutcomeUnknownException>(() => bench.BackUpAsync(_index.Directory));
        Assert.Equal(LogReader.NameOf(1), unknown.Entry);
        Assert.DoesNotContain(bench.Store.Calls, call => call.Verb == StoreVerb.Delete);
        Assert.Equal(2, bench.Memory.NamesOf("backups/").Count);
        Assert.NotEmpty(await bench.FindUnreferencedPacksAsync());
    }

    [Fact]
    public async Task A_pack_that_is_stored_otherwise_than_written_is_noticed_before_the_backup_is_recorded()
    {
        await using var bench = await RepositoryBench.OpenAsync(_base.Memory.Copy());
        bench.Store.OnCall = call =>
        {
            if (call is { Verb: StoreVerb.Barrier })
            {
                foreach (string pack in bench.Memory.NamesOf("packs/").Except(_base.Memory.NamesOf("packs/")))
                    bench.Memory.Objects[pack][90] ^= 1;
            }

            return Fault.None;
        };
        await Assert.ThrowsAsync<DamageException>(() => bench.BackUpAsync(_index.Directory));
        Assert.Single(await bench.ListAsync());
        await bench.CollectAsync();
        Assert.Empty(await bench.FindUnreferencedPacksAsync());
    }

    [Fact]
    public async Task A_file_that_changes_its_length_while_it_is_read_is_not_backed_up()
    {
        string file = _index.LiveFiles.Last(name => name.EndsWith(".store", StringComparison.Ordinal));
        foreach (var change in new Action<FileStream>[] { stream => stream.SetLength(stream.Length - 1), stream => stream.SetLength(stream.Length + 10) })
        {
            byte[] content = await File.ReadAllBytesAsync(_index.PathOf(file), Token);
            await using var bench = await RepositoryBench.OpenAsync(_base.Memory.Copy());
            var source = IndexSource.Open(_index.Directory) with
            {
                PinnedAsync = _ =>
                {
                    using var stream = new FileStream(_index.PathOf(file), FileMode.Open);
                    change(stream);
                    return ValueTask.CompletedTask;
                },
            };
            var changed = await Assert.ThrowsAsync<SegvaultException>(
                () => bench.Manager.CreateBackupAsync(source, new BackupOptions { Type = BackupType.Full }, cancellationToken: Token));
            Assert.Equal(ErrorCode.SourceChanged, changed.Code);
            Assert.Contains(file, changed.Message, StringComparison.Ordinal);
            Assert.Single(await bench.ListAsync());
            await File.WriteAllBytesAsync(_index.PathOf(file), content, Token);
        }
    }

    private async Task<int> CountCallsAsync(BackupType type)
    {
        await using var bench = await RepositoryBench.OpenAsync(_base.Memory.Copy());
        await bench.BackUpAsync(_index.Directory, new BackupOptions { Type = type });
        return bench.Store.Calls.Count;
    }

    private async Task RunAndCheckAsync(RepositoryBench bench, int failingCall, Func<Task<BackupResult>> run)
    {
        BackupResult? backup = null;
        Exception? failure = null;
        try
        {
            backup = await run();
        }
        catch (Exception exception)
        {
            failure = exception;
        }

        string what = $"call {failingCall} ({bench.Store.Calls.ElementAtOrDefault(failingCall)}): {failure}";
        Assert.DoesNotContain(bench.Store.Calls, call => call.Verb == StoreVerb.Delete);
        await using var after = await bench.OpenAnotherAsync();
        var backups = await after.ListAsync();
        Assert.True(after.Memory.NamesOf("log/").Count <= 2, what);
        if (backup is not null)
            Assert.Contains(backups, summary => summary.Id == backup.Backup.Id);
        else if (failure is not CommitOutcomeUnknownException)
            Assert.True(backups.Count == 1, $"failed and is recorded: {what}");
        var report = await after.VerifyAsync();
        Assert.True(report.Problems.IsEmpty, $"{what}: {report.Problems.FirstOrDefault()}");
        foreach (var summary in backups)
            Assert.Equal(summary.Id == _first.Backup.Id ? _firstContent : _content, await RestoreAsync(after, summary.Id));
        var retry = await after.BackUpAsync(_index.Directory);
        Assert.Equal(_content, await RestoreAsync(after, retry.Backup.Id));
        Assert.InRange((await after.ListAsync()).Count, 2, 2);

        // What the failure left belongs to nobody, and goes without harm to the others.
        await after.CollectAsync();
        Assert.True((await after.FindUnreferencedPacksAsync()).Count == 0, $"unreferenced packs after {what}");
        Assert.True(after.Memory.NamesOf("backups/").Count == 2, $"unreferenced manifest after {what}");
        Assert.Equal(_firstContent, await RestoreAsync(after, _first.Backup.Id));
        Assert.Equal(_content, await RestoreAsync(after, retry.Backup.Id));
    }

    private async Task<DirectoryContent> RestoreAsync(RepositoryBench bench, BackupId backup)
    {
        string target = _directory.Combine("restored");
        await bench.Manager.RestoreBackupAsync(backup, target, cancellationToken: Token);
        var content = DirectoryContent.Of(target);
        Directory.Delete(target, recursive: true);
        return content;
    }
}
