using Segvault.Engines;
using Segvault.IO;
using Segvault.Testing;
using Xunit;

namespace Segvault.Tests.Restore;

public sealed class RestoreOwnerTests : IAsyncLifetime
{
    private RestoreBench _bench = null!;
    private BackupId _backup;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "Only root can give files away.");
        _bench = await RestoreBench.CreateAsync(Token);
        foreach (var file in Directory.EnumerateFiles(_bench.Index.Directory))
            FileOwnership.TryChange(file, FileOwnership.Parse("daemon").UserId, FileOwnership.Parse(":daemon").GroupId);
        _backup = await _bench.BackUpAsync(Token);
    }

    public ValueTask DisposeAsync() => _bench is null ? default : _bench.DisposeAsync();

    [UnixFact("Files have no Unix owner on Windows.")]
    public async Task A_new_index_belongs_to_the_recorded_owner_by_name_the_directory_included()
    {
        await _bench.Manager.RestoreBackupAsync(_backup, _bench.Combine("new"), cancellationToken: Token);

        Assert.Equal([Of("daemon")], OwnersIn(_bench.Combine("new"), self: true));
    }

    [UnixFact("Files have no Unix owner on Windows.")]
    public async Task An_owner_whose_name_is_unknown_here_gives_way_to_the_owner_of_the_directory_around()
    {
        foreach (var file in Directory.EnumerateFiles(_bench.Index.Directory))
            FileOwnership.TryChange(file, 4000001, 4000002);
        var backup = (await _bench.Manager.CreateBackupAsync(IndexSource.Open(_bench.Index.Directory), new BackupOptions { Name = "x", Type = BackupType.Full }, cancellationToken: Token)).Backup.Id;
        var parent = Directory.CreateDirectory(_bench.Combine("parent")).FullName;
        var empty = Directory.CreateDirectory(_bench.Combine("parent", "empty")).FullName;
        FileOwnership.TryChange(parent, 4000003, 4000004);
        FileOwnership.TryChange(empty, 4000005, 4000006);

        await _bench.Manager.RestoreBackupAsync(backup, Path.Combine(parent, "new"), cancellationToken: Token);
        await _bench.Manager.RestoreBackupAsync(backup, empty, cancellationToken: Token);

        Assert.Equal([(4000003, 4000004)], OwnersIn(Path.Combine(parent, "new"), self: true));
        Assert.Equal([(4000005, 4000006)], OwnersIn(empty, self: true));
    }

    [UnixTheory("Files have no Unix owner on Windows.")]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_replaced_index_keeps_the_owner_it_had(bool inPlace)
    {
        var target = _bench.Index.Directory;
        foreach (var file in Directory.EnumerateFiles(target))
            FileOwnership.TryChange(file, 4000001, 4000002);
        FileOwnership.TryChange(_bench.Index.PathOf(_bench.Index.LiveFiles[0]), 4000009, 4000009);
        FileOwnership.TryChange(target, 0, 4000003);

        await _bench.ReplaceAsync(_backup, target, new() { InPlace = inPlace });

        Assert.Equal([(4000001, 4000002)], OwnersIn(target, self: false));
        Assert.Equal((0u, 4000003u), Owner(target));
    }

    [UnixTheory("Files have no Unix owner on Windows.")]
    [InlineData(false)]
    [InlineData(true)]
    public async Task The_owner_asked_for_gets_everything(bool inPlace)
    {
        var target = _bench.Index.Directory;
        var inode = FileStatus.TryRead(Path.Combine(target, ".tantivy-writer.lock"))!.Identity;

        var result = await _bench.ReplaceAsync(_backup, target, new() { InPlace = inPlace, Owner = "4000007:4000008", KeepPrevious = true });

        Assert.Equal([(4000007, 4000008)], OwnersIn(target, self: true));
        Assert.Equal(inode, FileStatus.TryRead(Path.Combine(target, ".tantivy-writer.lock"))!.Identity);
        Assert.Equal([Of("daemon")], OwnersIn(result.Previous!, self: false));
    }

    [UnixFact("Files have no Unix owner on Windows.")]
    public async Task A_group_alone_can_be_asked_for()
    {
        await _bench.Manager.RestoreBackupAsync(_backup, _bench.Combine("new"), new() { Owner = ":4000008" }, cancellationToken: Token);

        Assert.Equal([(Of("daemon").User, 4000008)], OwnersIn(_bench.Combine("new"), self: true));
    }

    private static (uint User, uint Group) Of(string name) => (FileOwnership.Parse(name).UserId!.Value, FileOwnership.Parse(":" + name).GroupId!.Value);

    private static (uint, uint) Owner(string path) => FileStatus.TryRead(path) is { } status ? (status.UserId!.Value, status.GroupId!.Value) : default;

    private static (uint, uint)[] OwnersIn(string directory, bool self) =>
        [.. Directory.EnumerateFiles(directory).Concat(self ? [directory] : []).Select(Owner).Distinct()];
}
