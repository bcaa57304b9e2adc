using Segvault.Engines;
using Segvault.IO;
using Segvault.Restore;
using Segvault.Testing;
using Xunit;

namespace Segvault.Tests.Restore;

/// <summary>The states that a kill leaves behind are made step by step here; a real process is killed in the tests of the command line.</summary>
public sealed class InPlaceRecoveryTests : IAsyncLifetime
{
    private RestoreBench _bench = null!;
    private BackupId _before;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private string Target => _bench.Index.Directory;

    public async ValueTask InitializeAsync()
    {
        _bench = await RestoreBench.CreateAsync(Token, segments: 2, bytesPerFile: 300);
        (_before, _) = await _bench.BackUpTwiceAsync(Token);
        await _bench.Manager.RestoreBackupAsync(_before, _bench.Combine("before"), cancellationToken: Token);
    }

    public ValueTask DisposeAsync() => _bench.DisposeAsync();

    [Theory]
    [InlineData(true, false)]
    [InlineData(false, false)]
    [InlineData(true, true)]
    public async Task Wherever_a_restore_stopped_the_next_run_makes_it_the_old_index_or_the_new_one(bool backup, bool sameCommit)
    {
        // The index may be damaged and nothing else: then both have the same commit file.
        if (sameCommit)
        {
            Directory.Delete(Target, recursive: true);
            CopyOf("before", "index");
            Flip(TantivyFiles.Create(_bench.Combine("unused"), bytesPerFile: 300).Segments[1].Id + ".idx");
        }

        // One file of the old index has the name of a new one and other content.
        Flip(_bench.Index.Segments[0].Id + ".store");
        var old = DirectoryPicture.Contents(Target);
        var wanted = DirectoryPicture.Contents(_bench.Combine("before"));
        for (var step = 0; ; step++)
        {
            var target = CopyOf("index", $"target-{step}");
            var steps = Interrupt(target);
            var end = step == steps.Count;
            foreach (var action in steps.Take(step))
                action();
            var replaced = !File.Exists(Path.Combine(InPlaceJournal.NewIn(target), "meta.json"));

            await SettleAsync(target, backup);

            var now = DirectoryPicture.Contents(target);
            if (replaced || !backup)
            {
                Assert.Equal(wanted, now);
                Assert.Empty(await RestoreBench.FindProblemsAsync(target, Token));
            }
            else
            {
                Assert.Equal(old, now);
                Assert.Equal(File.ReadAllBytes(_bench.Index.PathOf(".managed.json")), File.ReadAllBytes(Path.Combine(target, ".managed.json")));
            }

            Directory.Delete(target, recursive: true);
            if (end)
                return;
        }
    }

    [Fact]
    public async Task A_target_that_was_empty_is_empty_again_and_can_be_restored_to_without_leave_to_replace()
    {
        var target = Directory.CreateDirectory(_bench.Combine("empty")).FullName;
        foreach (var action in Interrupt(target)[..5])
            action();

        var result = await _bench.Manager.RestoreBackupAsync(_before, target, cancellationToken: Token);

        Assert.Contains(result.Warnings, warning => warning.Code == ErrorCode.LeftoverFound);
        Assert.Equal(DirectoryPicture.Contents(_bench.Combine("before")), DirectoryPicture.Contents(target));
    }

    [Fact]
    public async Task A_backup_beside_a_live_writer_leaves_the_matter_for_later_when_nothing_was_set_aside()
    {
        foreach (var action in Interrupt(Target)[..4])
            action();
        AdvisoryLock.TryAcquire(_bench.Index.PathOf(".tantivy-writer.lock"), out var writer);
        using (writer)
        {
            var result = await _bench.Manager.CreateBackupAsync(IndexSource.Open(Target), new BackupOptions { Name = "index" }, cancellationToken: Token);
            Assert.True(result.Unchanged);
            Assert.Contains(result.Warnings, warning => warning.Code == ErrorCode.LeftoverFound);
            Assert.True(InPlaceJournal.Exists(Target));
        }

        await SettleAsync(Target, backup: true);
        Assert.False(InPlaceJournal.IsPending(Target));
        Assert.Empty(await RestoreBench.FindProblemsAsync(Target, Token));
    }

    [Fact]
    public async Task Beside_a_live_writer_a_half_replaced_index_is_not_backed_up()
    {
        Flip(_bench.Index.Segments[0].Id + ".store");
        _ = Interrupt(Target);
        AdvisoryLock.TryAcquire(_bench.Index.PathOf(".tantivy-writer.lock"), out var writer);
        using (writer)
        {
            var busy = await Assert.ThrowsAsync<IndexBusyException>(() => SettleAsync(Target, backup: true));
            Assert.Equal(ErrorCode.WriterActive, busy.Code);
        }
    }

    [Fact]
    public async Task An_index_that_was_committed_to_since_is_left_alone()
    {
        foreach (var action in Interrupt(Target)[..4])
            action();
        _bench.Index.AddSegment(10);
        _bench.Index.WriteMeta();
        var meta = File.ReadAllBytes(_bench.Index.PathOf("meta.json"));

        await SettleAsync(Target, backup: true);

        Assert.Equal(meta, File.ReadAllBytes(_bench.Index.PathOf("meta.json")));
        Assert.Empty((await IndexEngines.Get("tantivy").InspectAsync(Target, true, null, Token)).Problems);
        Assert.False(InPlaceJournal.IsPending(Target));
    }

    [Fact]
    public async Task Staging_without_a_journal_is_litter()
    {
        _ = Interrupt(Target);
        File.Delete(Path.Combine(InPlaceJournal.PathIn(Target), "journal.json"));

        await SettleAsync(Target, backup: true);

        Assert.False(InPlaceJournal.IsPending(Target));
        Assert.Empty(await RestoreBench.FindProblemsAsync(Target, Token));
    }

    [Fact]
    public async Task A_new_file_that_a_reader_has_open_is_taken_back_all_the_same()
    {
        var name = _bench.Index.Segments[0].Id + ".store";
        Flip(name);
        var old = DirectoryPicture.Contents(Target);
        var oldContent = File.ReadAllBytes(_bench.Index.PathOf(name));
        foreach (var action in Interrupt(Target).TakeWhile(_ => File.Exists(Path.Combine(InPlaceJournal.NewIn(Target), name))))
            action();
        using (SourceFile.OpenRead(_bench.Index.PathOf(name)))
        {
            var options = new BackupOptions { Name = "index", AllowDamaged = true };
            var result = await _bench.Manager.CreateBackupAsync(IndexSource.Open(Target), options, cancellationToken: Token);
            Assert.Contains(result.Warnings, warning => warning.Code == ErrorCode.LeftoverFound);
            Assert.Equal(oldContent, File.ReadAllBytes(_bench.Index.PathOf(name)));
        }

        await SettleAsync(Target, backup: true);
        Assert.Equal(old, DirectoryPicture.Contents(Target));
    }

    [WindowsFact("Elsewhere files that are open can be deleted.")]
    public async Task Litter_that_is_in_use_keeps_nobody_from_a_backup_and_goes_with_the_next_one()
    {
        _ = Interrupt(Target);
        File.Delete(Path.Combine(InPlaceJournal.PathIn(Target), "journal.json"));
        using (new FileStream(Path.Combine(InPlaceJournal.NewIn(Target), "meta.json"), FileMode.Open, FileAccess.Read, FileShare.Read))
        {
            var result = await _bench.Manager.CreateBackupAsync(IndexSource.Open(Target), new BackupOptions { Name = "index" }, cancellationToken: Token);
            Assert.Contains(result.Warnings, warning => warning.Code == ErrorCode.LeftoverFound);
            Assert.True(InPlaceJournal.IsPending(Target));
        }

        await SettleAsync(Target, backup: true);

        Assert.False(InPlaceJournal.IsPending(Target));
    }

    [Theory]
    [InlineData("../precious")]
    [InlineData("/etc/passwd")]
    [InlineData(".segvault.lock")]
    public async Task A_journal_that_leads_outside_is_not_followed(string name)
    {
        File.WriteAllText(_bench.Combine("precious"), "mine");
        _ = Interrupt(Target, name);
        var before = DirectoryPicture.Contents(_bench.Root);

        var failure = await Assert.ThrowsAsync<SegvaultException>(() => SettleAsync(Target, backup: true));

        Assert.Equal(ErrorCode.IoFailed, failure.Code);
        Assert.Equal(before, DirectoryPicture.Contents(_bench.Root));
    }

    [Fact]
    public async Task A_journal_of_nonsense_is_an_error_that_says_what_to_do()
    {
        _ = Interrupt(Target);
        File.WriteAllText(Path.Combine(InPlaceJournal.PathIn(Target), "journal.json"), "{");

        var failure = await Assert.ThrowsAsync<SegvaultException>(() => SettleAsync(Target, backup: true));

        Assert.Contains("journal", failure.Message, StringComparison.Ordinal);
        Assert.NotNull(failure.Hint);
    }

    private async Task SettleAsync(string target, bool backup)
    {
        if (backup)
        {
            var options = new BackupOptions { Name = Path.GetFileName(target), AllowDamaged = true };
            await _bench.Manager.CreateBackupAsync(IndexSource.Open(target), options, cancellationToken: Token);
        }
        else
        {
            await _bench.ReplaceAsync(_before, target, new RestoreOptions { InPlace = true });
        }
    }

    /// <summary>Stages the older state in a target and writes the journal; returns what a restore does from there, step by step.</summary>
    private List<Action> Interrupt(string target, string? publish = null)
    {
        var (fresh, aside) = (InPlaceJournal.NewIn(target), InPlaceJournal.OldIn(target));
        StagingDirectory.CreatePrivate(InPlaceJournal.PathIn(target));
        StagingDirectory.CreatePrivate(aside);
        CopyOf("before", Path.GetRelativePath(_bench.Root, fresh));
        File.Delete(Path.Combine(fresh, ".managed.json"));
        string[] files = [.. Directory.EnumerateFiles(fresh).Select(path => Path.GetFileName(path)).Where(name => !name.StartsWith(".tantivy", StringComparison.Ordinal))];
        bool IsEqual(string name) => File.ReadAllBytes(Path.Combine(target, name)).AsSpan().SequenceEqual(File.ReadAllBytes(Path.Combine(fresh, name)));
        var there = files.Where(name => name != "meta.json").ToLookup(name => File.Exists(Path.Combine(target, name)));
        string[] replace = [.. there[true].Where(name => !IsEqual(name))];
        foreach (var name in there[true].Except(replace, StringComparer.Ordinal))
            File.Delete(Path.Combine(fresh, name));
        var journal = new InPlaceJournal
        {
            CommitFile = "meta.json",
            OldCommit = InPlaceRecovery.HashCommit(target, "meta.json"),
            NewCommit = InPlaceRecovery.HashCommit(fresh, "meta.json")!,
            Publish = publish is null ? [.. there[false]] : [publish],
            Replace = replace,
            Generated = File.Exists(Path.Combine(target, ".managed.json")) ? [".managed.json"] : [],
            Files = files,
        };
        journal.Write(target);

        void MoveIn(string name) => AtomicRename.Replace(Path.Combine(fresh, name), Path.Combine(target, name));
        void SetAside(string name) => AtomicRename.Replace(Path.Combine(target, name), Path.Combine(aside, name));
        var steps = new List<Action>();
        steps.AddRange(journal.Publish.Select(name => (Action)(() => MoveIn(name))));
        steps.AddRange(journal.Generated.Select(name => (Action)(() => SetAside(name))));
        steps.Add(() => File.WriteAllText(Path.Combine(target, ".managed.json"), "[]"));
        foreach (var name in replace)
        {
            steps.Add(() => SetAside(name));
            steps.Add(() => MoveIn(name));
        }

        steps.Add(() => MoveIn("meta.json"));
        steps.AddRange(Directory.EnumerateFiles(target)
            .Where(path => !files.Contains(Path.GetFileName(path)) && Path.GetFileName(path).Length > 33)
            .Select(path => (Action)(() => File.Delete(path))));
        var state = new RestoreTarget { Path = target, State = TargetState.Index };
        steps.Add(() => new InPlaceRecovery(state, IndexEngines.Get("tantivy"), journal, TimeProvider.System).Regenerate(files));
        steps.Add(() => File.Delete(Path.Combine(InPlaceJournal.PathIn(target), "journal.json")));
        return steps;
    }

    private string CopyOf(string directory, string copy)
    {
        Directory.CreateDirectory(_bench.Combine(copy));
        foreach (var file in Directory.EnumerateFiles(_bench.Combine(directory)))
            File.Copy(file, _bench.Combine(copy, Path.GetFileName(file)));
        return _bench.Combine(copy);
    }

    private void Flip(string name)
    {
        var bytes = File.ReadAllBytes(_bench.Index.PathOf(name));
        bytes[5] ^= 0x10;
        File.WriteAllBytes(_bench.Index.PathOf(name), bytes);
    }
}
