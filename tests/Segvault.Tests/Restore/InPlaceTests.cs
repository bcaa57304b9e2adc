using Segvault.IO;
using Segvault.Testing;
using Segvault.Tests.IO;
using Xunit;

namespace Segvault.Tests.Restore;

public sealed class InPlaceTests : IAsyncLifetime
{
    private static readonly RestoreOptions InPlace = new() { InPlace = true };

    private RestoreBench _bench = null!;
    private BackupId _before;
    private BackupId _after;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private string Target => _bench.Index.Directory;

    public async ValueTask InitializeAsync()
    {
        _bench = await RestoreBench.CreateAsync(Token);
        (_before, _after) = await _bench.BackUpTwiceAsync(Token);
    }

    public ValueTask DisposeAsync() => _bench.DisposeAsync();

    [Fact]
    public async Task Files_come_and_go_and_the_directory_its_locks_and_foreign_files_stay()
    {
        var expected = DirectoryPicture.Contents(Target);
        File.WriteAllText(_bench.Index.PathOf("config.toml"), "a = 1");
        Directory.CreateDirectory(Path.Combine(Target, "sub"));
        File.WriteAllText(Path.Combine(Target, "sub", "note"), "b");
        var foreign = 2;
        if (TestMachine.MakesSymbolicLinks)
        {
            Directory.CreateSymbolicLink(Path.Combine(Target, "sub", "loop"), "..");
            foreign++;
        }

        string[] stay = [".", "config.toml", "sub", "sub/note", ".tantivy-writer.lock", ".tantivy-meta.lock"];
        var before = stay.Select(name => FileStatus.TryRead(Path.Combine(Target, name))!.Identity).ToList();

        var away = await _bench.ReplaceAsync(_before, Target, InPlace);
        Assert.NotEqual(expected["meta.json"], DirectoryPicture.Contents(Target)["meta.json"]);
        var back = await _bench.ReplaceAsync(_after, Target, InPlace);

        Assert.Equal((RestoreMethod.InPlace, foreign, foreign), (away.Method, away.ForeignFiles, back.ForeignFiles));
        Assert.Equal(before, stay.Select(name => FileStatus.TryRead(Path.Combine(Target, name))!.Identity));
        Assert.Equal(expected, Index());
        Assert.Empty(await RestoreBench.FindProblemsAsync(Target, Token));
        Assert.InRange(back.BytesReused, 3000, 3700);
        Assert.Equal(["index", "repository"], Names());
    }

    [Fact]
    public async Task Stale_deletes_orphans_and_temporary_files_are_gone_afterwards()
    {
        var expected = Index();
        File.WriteAllText(_bench.Index.PathOf($"{_bench.Index.Segments[0].Id}.999.del"), "stale");
        File.WriteAllText(_bench.Index.PathOf("00112233445566778899aabbccddeeff.store"), "orphan");
        File.WriteAllText(_bench.Index.PathOf("00112233445566778899aabbccddeeff.store.temp"), "orphan");
        File.WriteAllText(_bench.Index.PathOf(".tmpAbC123"), "half a commit");

        await _bench.ReplaceAsync(_after, Target, InPlace);

        Assert.Equal(expected, Index());
        Assert.Empty(await RestoreBench.FindProblemsAsync(Target, Token));
    }

    [Fact]
    public async Task Files_of_the_same_name_with_other_content_are_replaced_also_when_nothing_else_changed()
    {
        var expected = Index();
        var delete = _bench.Index.LiveFiles.First(name => name.EndsWith(".del", StringComparison.Ordinal));
        var store = _bench.Index.LiveFiles.First(name => name.EndsWith(".store", StringComparison.Ordinal));
        Flip(delete);
        Flip(store);
        File.Delete(_bench.Index.PathOf(_bench.Index.LiveFiles.First(name => name.EndsWith(".idx", StringComparison.Ordinal))));
        var reader = File.ReadAllBytes(_bench.Index.PathOf(store));
        using (var open = SourceFile.OpenRead(_bench.Index.PathOf(store)))
        {
            var result = await _bench.ReplaceAsync(_after, Target, InPlace);

            var seen = new byte[reader.Length];
            Assert.Equal(seen.Length, RandomAccess.Read(open, seen, 0));
            Assert.Equal(reader, seen);

            // On Windows a directory with a file that is open may stay until the next run. The result says so then.
            Assert.Equal(Directory.Exists(Path.Combine(Target, ".segvault-restore")), result.Warnings.Any(warning => warning.Code == ErrorCode.LeftoverFound));
            Assert.True(OperatingSystem.IsWindows() || result.Warnings.All(warning => warning.Code == ErrorCode.ReopenWriter));
        }

        await _bench.BackUpAsync(Token);
        Assert.Equal(expected, Index());
        Assert.Empty(await RestoreBench.FindProblemsAsync(Target, Token));
    }

    [Fact]
    public async Task An_index_without_a_commit_file_is_replaced()
    {
        var expected = Index();
        File.Delete(_bench.Index.PathOf("meta.json"));
        File.Delete(_bench.Index.PathOf(".managed.json"));

        await _bench.ReplaceAsync(_after, Target, InPlace);

        Assert.Equal(expected, Index());
        Assert.Empty(await RestoreBench.FindProblemsAsync(Target, Token));
    }

    [Fact]
    public async Task The_previous_index_is_kept_as_a_copy()
    {
        var old = DirectoryPicture.Contents(Target);

        var first = await _bench.ReplaceAsync(_before, Target, InPlace with { KeepPrevious = true });
        var second = await _bench.ReplaceAsync(_after, Target, InPlace with { KeepPrevious = true });

        Assert.Equal(old, DirectoryPicture.Contents(first.Previous!));
        Assert.Equal(old, DirectoryPicture.Contents(Target));
        Assert.Empty(await RestoreBench.FindProblemsAsync(first.Previous!, Token));
        Assert.Empty(await RestoreBench.FindProblemsAsync(second.Previous!, Token));
        Assert.Equal(4, Names().Length);
    }

    [LinuxFact("Uses commands of Linux.")]
    public async Task A_mount_point_is_restored_in_place()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "Only root may mount.");
        var mount = Directory.CreateDirectory(_bench.Combine("mount")).FullName;
        Assert.SkipUnless(ShellProcess.Run("mount -t tmpfs -o size=4m none \"$1\"", mount) == 0, "Nothing can be mounted here.");
        try
        {
            var created = await _bench.Manager.RestoreBackupAsync(_before, mount, cancellationToken: Token);
            var replaced = await _bench.ReplaceAsync(_after, mount, new() { KeepPrevious = true });

            Assert.Equal((RestoreMethod.InPlace, RestoreMethod.InPlace), (created.Method, replaced.Method));
            Assert.Equal(DirectoryPicture.Contents(Target), DirectoryPicture.Contents(mount));
            Assert.Empty(await RestoreBench.FindProblemsAsync(mount, Token));
            Assert.Empty(await RestoreBench.FindProblemsAsync(replaced.Previous!, Token));
        }
        finally
        {
            ShellProcess.Run("umount -l \"$1\"", mount);
        }
    }

    [LinuxTheory("Uses commands of Linux.")]
    [InlineData("")]
    [InlineData("sub")]
    public async Task A_directory_that_a_container_mounts_is_restored_in_place_and_the_container_sees_it(string below)
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "Only root may mount.");
        Directory.CreateDirectory(Path.Combine(Target, "sub"));
        var inside = Directory.CreateDirectory(_bench.Combine("inside")).FullName;
        using var container = ShellProcess.Start(
            """exec unshare --mount sh -c 'mount --bind "$1" "$2" && echo ready && exec cat' sh "$1" "$2" """, Path.Combine(Target, below), inside);

        var result = await _bench.ReplaceAsync(_before, Target);

        Assert.Equal(RestoreMethod.InPlace, result.Method);
        if (below.Length == 0)
            Assert.Equal(File.ReadAllBytes(_bench.Index.PathOf("meta.json")), File.ReadAllBytes($"/proc/{container.Id}/root{inside}/meta.json"));
    }

    [Fact]
    public async Task A_directory_in_the_place_of_a_file_stops_the_restore_before_anything_is_touched()
    {
        var name = _bench.Index.LiveFiles[0];
        File.Delete(_bench.Index.PathOf(name));
        Directory.CreateDirectory(_bench.Index.PathOf(name));
        var before = DirectoryPicture.Contents(Target);

        await Assert.ThrowsAsync<SegvaultException>(() => _bench.ReplaceAsync(_after, Target, InPlace));

        Assert.Equal(before, DirectoryPicture.Contents(Target));
        Assert.False(Directory.Exists(Path.Combine(Target, ".segvault-restore")));
    }

    private void Flip(string name)
    {
        var bytes = File.ReadAllBytes(_bench.Index.PathOf(name));
        bytes[5] ^= 0x10;
        File.WriteAllBytes(_bench.Index.PathOf(name), bytes);
    }

    private Dictionary<string, string> Index() => DirectoryPicture.Contents(Target)
        .Where(entry => entry.Key[0] != 's' && entry.Key != "config.toml").ToDictionary(StringComparer.Ordinal);

    private string[] Names() => [.. Directory.EnumerateFileSystemEntries(_bench.Root).Select(path => Path.GetFileName(path)).Order(StringComparer.Ordinal)];
}
