using Segvault.Engines;
using Segvault.IO;
using Segvault.Testing;
using Segvault.Tests.IO;
using Xunit;

namespace Segvault.Tests.Restore;

public sealed class ExchangeTests : IAsyncLifetime
{
    private const int Staged = 151;
    private const int Completed = 153;

    private readonly LogHooks _log = new();
    private RestoreBench _bench = null!;
    private BackupId _before;
    private BackupId _after;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private string Target => _bench.Index.Directory;

    public async ValueTask InitializeAsync()
    {
        _bench = await RestoreBench.CreateAsync(Token, new BackupManagerOptions { LoggerFactory = _log });
        (_before, _after) = await _bench.BackUpTwiceAsync(Token);
    }

    public ValueTask DisposeAsync()
    {
        _log.Dispose();
        return _bench is null ? default : _bench.DisposeAsync();
    }

    [UnixFact("Directories cannot be exchanged on Windows.")]
    public async Task Whoever_looks_while_an_index_is_replaced_sees_the_old_or_the_new_one_and_never_none()
    {
        var meta = _bench.Index.PathOf("meta.json");
        var seen = new HashSet<string>(StringComparer.Ordinal);
        using var stop = new CancellationTokenSource();
        using var looking = new ManualResetEventSlim();
        var observer = Task.Factory.StartNew(
            () =>
            {
                while (!stop.IsCancellationRequested)
                {
                    lock (seen)
                        seen.Add(Convert.ToHexString(ReadQuietly(meta)));
                    looking.Set();
                }
            },
            Token,
            TaskCreationOptions.LongRunning,
            TaskScheduler.Default);
        looking.Wait(Token);

        for (var round = 0; round < 4; round++)
            Assert.Equal(RestoreMethod.Exchange, (await _bench.ReplaceAsync(round % 2 == 0 ? _before : _after, Target)).Method);

        await stop.CancelAsync();
        await observer;
        Assert.Equal(2, seen.Count);
    }

    [UnixFact("Directories cannot be exchanged on Windows.")]
    public async Task The_lock_files_of_the_new_directory_are_those_of_the_old_one()
    {
        var before = LockInodes();
        FileIdentity? ours = null;
        FileIdentity? oursAfter = null;
        _log.On(Staged, () => ours = FileStatus.TryRead(Path.Combine(Target, ".segvault.lock"))?.Identity);
        _log.On(Completed, () => oursAfter = FileStatus.TryRead(Path.Combine(Target, ".segvault.lock"))?.Identity);

        await _bench.ReplaceAsync(_before, Target);

        Assert.Equal(2, before.Length);
        Assert.Equal(before, LockInodes());
        Assert.NotNull(ours);
        Assert.Equal(ours, oursAfter);
        Assert.False(File.Exists(Path.Combine(Target, ".segvault.lock")));
        Assert.Empty(await RestoreBench.FindProblemsAsync(Target, Token));
    }

    [UnixTheory("Directories cannot be exchanged on Windows.")]
    [InlineData(Staged)]
    [InlineData(Completed)]
    public async Task Another_backup_or_restore_meanwhile_is_told_who_holds_the_index(int moment)
    {
        var others = new BackupManager(_bench.Repository);
        var failures = new List<IndexBusyException>();
        _log.On(
            moment,
            () =>
            {
                failures.Add(Assert.Throws<IndexBusyException>(() => others.RestoreBackupAsync(_after, Target, new() { IfTargetExists = IfTargetExists.Replace }, cancellationToken: Token).GetAwaiter().GetResult()));
                failures.Add(Assert.Throws<IndexBusyException>(() => others.CreateBackupAsync(IndexSource.Open(Target), cancellationToken: Token).GetAwaiter().GetResult()));
            });

        await _bench.ReplaceAsync(_before, Target);

        Assert.Equal(2, failures.Count);
        Assert.All(failures, failure => Assert.Equal(ErrorCode.IndexLocked, failure.Code));
        Assert.All(failures, failure => Assert.Contains($"process {Environment.ProcessId} ", failure.Holder, StringComparison.Ordinal));
        Assert.All(failures, failure => Assert.Contains(failure.Holder!, failure.Message, StringComparison.Ordinal));
    }

    [UnixFact("Directories cannot be exchanged on Windows.")]
    public async Task A_live_writer_keeps_its_index()
    {
        var picture = DirectoryPicture.Everything(Target);
        Assert.Equal(AdvisoryLockResult.Acquired, AdvisoryLock.TryAcquire(_bench.Index.PathOf(".tantivy-writer.lock"), out var writer));
        using (writer)
        {
            var busy = await Assert.ThrowsAsync<IndexBusyException>(() => _bench.ReplaceAsync(_before, Target));
            Assert.Equal(ErrorCode.WriterActive, busy.Code);
        }

        Assert.Equal(picture, DirectoryPicture.Everything(Target));
    }

    [LinuxFact("Uses commands of Linux.")]
    public async Task What_is_not_the_engines_is_carried_over()
    {
        var deep = Directory.CreateDirectory(Path.Combine(Target, "sub", "deep")).FullName;
        File.WriteAllText(Path.Combine(deep, "note"), "keep me");
        File.WriteAllText(Path.Combine(Target, "config.toml"), "a = 1");
        File.CreateSymbolicLink(Path.Combine(Target, "dangling"), "nowhere");
        File.CreateSymbolicLink(Path.Combine(Target, "to directory"), "sub");
        Directory.CreateDirectory(Path.Combine(Target, "empty"));
        Assert.Equal(0, ShellProcess.Run("mkfifo \"$1/pipe\"", Target));
        FileOwnership.TryChangeMode(deep, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        Directory.SetLastWriteTimeUtc(deep, new DateTime(2021, 1, 1, 0, 0, 0, DateTimeKind.Utc));
        string[] names = ["config.toml", "dangling", "to directory", "empty", "sub/deep", "sub/deep/note", "pipe"];
        var before = Pick(names);

        var result = await _bench.ReplaceAsync(_before, Target);

        Assert.Equal(5, result.ForeignFiles);
        Assert.Equal(before.Where(entry => entry.Kind != FileKind.Directory), Pick(names).Where(entry => entry.Kind != FileKind.Directory));
        Assert.Equal(before.Select(entry => (entry.Mode, entry.Time)), Pick(names).Select(entry => (entry.Mode, entry.Time)));
        Assert.Equal("keep me", File.ReadAllText(Path.Combine(deep, "note")));
        Assert.Empty(await RestoreBench.FindProblemsAsync(Target, Token));
    }

    [UnixFact("Directories cannot be exchanged on Windows.")]
    public async Task Foreign_files_made_replaced_or_written_to_in_the_last_moment_are_carried_over_as_they_are()
    {
        File.WriteAllText(Path.Combine(Target, "replaced"), "old");
        File.WriteAllText(Path.Combine(Target, "written"), "old");
        Directory.CreateDirectory(Path.Combine(Target, "sub"));
        Assert.Equal(AdvisoryLockResult.Acquired, AdvisoryLock.TryAcquire(_bench.Index.PathOf(".tantivy-meta.lock"), out var readers));
        Task<RestoreResult> restore;
        using (readers)
        {
            // The restore waits for the readers' lock with everything carried over already.
            restore = _bench.ReplaceAsync(_before, Target);
            while (!Directory.EnumerateDirectories(_bench.Root, ".index.segvault-restore-*").Any(staging => File.Exists(Path.Combine(staging, "written"))))
                await Task.Delay(5, Token);
            File.WriteAllText(Path.Combine(Target, "new"), "new");
            File.WriteAllText(Path.Combine(Target, "sub", "new"), "new");
            File.WriteAllText(Path.Combine(Target, "replaced.tmp"), "newer");
            File.Move(Path.Combine(Target, "replaced.tmp"), Path.Combine(Target, "replaced"), overwrite: true);
            File.WriteAllText(Path.Combine(Target, "written"), "newer");
        }

        var result = await restore;

        Assert.Equal(["new", "new", "newer", "newer"], new[] { "new", "sub/new", "replaced", "written" }.Select(name => File.ReadAllText(Path.Combine(Target, name))));
        Assert.All(result.Warnings, warning => Assert.Equal(ErrorCode.ReopenWriter, warning.Code));
        Assert.Equal(4, result.ForeignFiles);
        Assert.Equal(["index", "repository"], Names());
    }

    [UnixFact("Directories cannot be exchanged on Windows.")]
    public async Task The_previous_index_is_kept_also_twice_in_one_second()
    {
        var old = DirectoryPicture.Contents(Target);

        var first = await _bench.ReplaceAsync(_before, Target, new() { KeepPrevious = true });
        var second = await _bench.ReplaceAsync(_after, Target, new() { KeepPrevious = true });
        var third = await _bench.ReplaceAsync(_before, Target, new() { KeepPrevious = true });

        Assert.Equal(3, new[] { first.Previous, second.Previous, third.Previous }.Distinct().Count());
        Assert.All([first, second, third], result => Assert.StartsWith(Target + ".previous-", result.Previous, StringComparison.Ordinal));
        Assert.Equal(old, DirectoryPicture.Contents(first.Previous!));
        Assert.Equal(old, DirectoryPicture.Contents(third.Previous!));
        Assert.Empty(Directory.EnumerateFiles(first.Previous!, ".*lock"));
        foreach (var directory in new[] { Target, second.Previous!, third.Previous! })
            Assert.Empty(await RestoreBench.FindProblemsAsync(directory, Token));
    }

    [UnixFact("Directories cannot be exchanged on Windows.")]
    public async Task A_file_that_is_wanted_as_it_is_is_linked_and_any_other_is_copied()
    {
        var names = _bench.Index.LiveFiles.Where(name => !name.EndsWith(".del", StringComparison.Ordinal) && name != "meta.json" && name.StartsWith(_bench.Index.Segments[0].Id, StringComparison.Ordinal)).ToList();
        FileOwnership.TryChangeMode(_bench.Index.PathOf(names[0]), UnixFileMode.UserRead);
        FileOwnership.TryChangeMode(_bench.Index.PathOf(names[1]), UnixFileMode.UserRead | UnixFileMode.UserWrite);
        foreach (var path in names[1..3].Select(_bench.Index.PathOf))
        {
            var rotten = File.ReadAllBytes(path);
            rotten[7] ^= 1;
            File.WriteAllBytes(path, rotten);
        }

        var before = DirectoryPicture.Everything(Target);
        var inodes = names.ToDictionary(name => name, name => FileStatus.TryRead(_bench.Index.PathOf(name))!.Identity);

        var result = await _bench.ReplaceAsync(_before, Target, new() { KeepPrevious = true });

        Assert.Equal(before, DirectoryPicture.Everything(result.Previous!));
        Assert.Equal(names.Skip(3), names.Where(name => FileStatus.TryRead(_bench.Index.PathOf(name))!.Identity == inodes[name]));
        Assert.NotEqual(UnixFileMode.UserRead, FileStatus.TryRead(_bench.Index.PathOf(names[0]))!.Mode);
        Assert.Equal(names.Where(name => name != names[1] && name != names[2]).Sum(name => new FileInfo(_bench.Index.PathOf(name)).Length), result.BytesReused);
        Assert.Empty(await RestoreBench.FindProblemsAsync(Target, Token));
    }

    [UnixFact("Directories cannot be exchanged on Windows.")]
    public async Task The_directory_keeps_its_mode_owner_and_access_list()
    {
        var list = Convert.FromHexString("0200000001000700ffffffff02000700e803000004000500ffffffff10000700ffffffff20000500ffffffff");
        Assert.SkipUnless(Segvault.IO.Native.ExtendedAttributes.TrySet(Target, "system.posix_acl_access", list), "The file system knows no access lists.");
        if (Environment.IsPrivilegedProcess)
            FileOwnership.TryChange(Target, 4000001, 4000002);
        var before = FileStatus.TryRead(Target)!;

        await _bench.ReplaceAsync(_before, Target);

        var after = FileStatus.TryRead(Target)!;
        Assert.NotEqual(before.Identity, after.Identity);
        Assert.Equal((before.Mode, before.UserId, before.GroupId), (after.Mode, after.UserId, after.GroupId));
        Assert.Equal(list, Segvault.IO.Native.ExtendedAttributes.Get(Target, "system.posix_acl_access"));
    }

    [UnixFact("Directories cannot be exchanged on Windows.")]
    public async Task An_index_that_appears_in_an_empty_target_is_neither_replaced_nor_lost()
    {
        var empty = Directory.CreateDirectory(_bench.Combine("empty")).FullName;
        _log.On(Staged, () => TantivyFiles.Create(empty, segments: 1));

        var refused = await Assert.ThrowsAsync<RefusedException>(() => _bench.Manager.RestoreBackupAsync(_before, empty, cancellationToken: Token));

        Assert.Equal(ErrorCode.TargetExists, refused.Code);
        Assert.Empty(await RestoreBench.FindProblemsAsync(empty, Token));
        Assert.Equal(["empty", "index", "repository"], Names());
    }

    [UnixFact("Directories cannot be exchanged on Windows.")]
    public async Task A_staging_directory_of_a_killed_run_is_removed_and_one_in_use_is_not()
    {
        var dead = Leftover("dead");
        File.WriteAllText(Path.Combine(dead, ".segvault-staging"), "");
        File.WriteAllText(Path.Combine(dead, "meta.json"), "half");
        var alive = Leftover("alive");
        Assert.Equal(AdvisoryLockResult.Acquired, AdvisoryLock.TryCreateAndAcquire(Path.Combine(alive, ".segvault-staging"), UnixFileMode.UserRead, out var held));
        var unmarked = Leftover("empty");
        var discarded = Leftover("old.discarded");
        File.WriteAllText(Path.Combine(discarded, "meta.json"), "half");

        using (held)
        {
            var result = await _bench.ReplaceAsync(_before, Target);

            Assert.Contains(result.Warnings, warning => warning.Code == ErrorCode.LeftoverFound && warning.Message.Contains(dead, StringComparison.Ordinal));
        }

        Assert.Equal([Path.GetFileName(alive), "index", "repository"], Names());
        Assert.False(Directory.Exists(unmarked) || Directory.Exists(discarded));
    }

    [UnixFact("Directories cannot be exchanged on Windows.")]
    public async Task An_index_that_a_killed_run_had_exchanged_away_is_kept_and_reported()
    {
        var left = Leftover("left");
        foreach (var file in Directory.EnumerateFiles(Target))
            File.Copy(file, Path.Combine(left, Path.GetFileName(file)));
        File.WriteAllText(Path.Combine(Target, ".segvault-staging"), "");
        var old = DirectoryPicture.Contents(left);

        var result = await _bench.ReplaceAsync(_before, Target);

        var previous = Assert.Single(Directory.EnumerateDirectories(_bench.Root, "index.previous-*"));
        Assert.Contains(result.Warnings, warning => warning.Code == ErrorCode.LeftoverFound && warning.Message.Contains(previous, StringComparison.Ordinal));
        Assert.Equal(old, DirectoryPicture.Contents(previous));
        Assert.Empty(await RestoreBench.FindProblemsAsync(Target, Token));
        Assert.Empty(await RestoreBench.FindProblemsAsync(previous, Token));
    }

    /// <summary>By native calls: .NET's own opening would do too, but it looks twice.</summary>
    private static byte[] ReadQuietly(string path)
    {
        using var file = SourceFile.OpenRead(path);
        var buffer = new byte[64 * 1024];
        return buffer[..RandomAccess.Read(file, buffer, 0)];
    }

    private string Leftover(string id) => Directory.CreateDirectory(_bench.Combine($".index.segvault-restore-{id}")).FullName;

    private FileIdentity[] LockInodes() =>
        [.. Directory.EnumerateFiles(Target, ".tantivy-*.lock").Order(StringComparer.Ordinal).Select(path => FileStatus.TryRead(path)!.Identity)];

    private string[] Names() => [.. Directory.EnumerateFileSystemEntries(_bench.Root).Select(path => Path.GetFileName(path)).Order(StringComparer.Ordinal)];

    private (FileKind Kind, UnixFileMode? Mode, DateTimeOffset Time, FileIdentity Inode)[] Pick(string[] names) =>
        [.. names.Select(name => FileStatus.TryRead(Path.Combine(Target, name))!).Select(status => (status.Kind, status.Mode, status.ModifiedAt, status.Identity))];
}
