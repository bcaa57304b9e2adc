using Segvault.Storage;
using Segvault.Testing;
using Xunit;

namespace Segvault.Tests.Storage;

public sealed class LocalObjectStoreTests : IDisposable
{
    private readonly TempDirectory _directory = new();
    private readonly LocalObjectStore _store;

    public LocalObjectStoreTests() => _store = new LocalObjectStore(_directory.Combine("store"));

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task A_lost_race_leaves_nothing_behind()
    {
        Assert.True(await _store.PutIfAbsentAsync("log/0000000000000/000", new byte[] { 1 }, Token));
        Assert.False(await _store.PutIfAbsentAsync("log/0000000000000/000", new byte[] { 2 }, Token));
        Assert.Empty(Directory.EnumerateFiles(_store.TemporaryDirectory));
    }

    [Fact]
    public async Task An_upload_that_is_not_completed_leaves_nothing()
    {
        await using (var upload = await _store.CreateAsync("packs/0123", Token))
        {
            await upload.WriteAsync(new byte[1000], Token);
            Assert.Single(Directory.EnumerateFiles(_store.TemporaryDirectory));
        }

        Assert.Empty(Directory.EnumerateFiles(_store.TemporaryDirectory));
        Assert.Null(await _store.ReadAsync("packs/0123", Token));
    }

    [Fact]
    public async Task Packs_are_spread_over_directories_and_listed_under_their_own_names()
    {
        _directory.DamagedBecause = "only the names are those of a repository";
        string[] names = ["backups/a", "backups/b", "log/0000000000000/000", "log/0000000000001/007", "packs/ab01", "packs/ab02", "packs/cd03", "segvault.json"];
        foreach (string name in names)
            Assert.True(await _store.PutIfAbsentAsync(name, new byte[name.Length], Token));

        Assert.Equal(["backups/a", "backups/b"], await ListAsync("backups/"));
        Assert.Equal(["log/0000000000000/000", "log/0000000000001/007"], await ListAsync("log/"));
        Assert.Equal(["packs/ab01", "packs/ab02", "packs/cd03"], await ListAsync("packs/"));
        Assert.Empty(await ListAsync("keys/"));
        Assert.True(File.Exists(_directory.Combine("store", "packs", "ab", "ab01")));
        Assert.True(await _store.DeleteAsync("packs/ab01", Token));
        Assert.Equal(["packs/ab02", "packs/cd03"], await ListAsync("packs/"));
    }

    [Theory]
    [InlineData("packs/a")]
    [InlineData("packs/ab/cd")]
    [InlineData("tmp/a")]
    public async Task A_name_that_could_leave_its_place_on_the_disk_is_refused(string name)
    {
        await Assert.ThrowsAsync<ArgumentException>(async () => await _store.PutIfAbsentAsync(name, new byte[1], Token));
        await Assert.ThrowsAsync<ArgumentException>(async () => await _store.ReadAsync(name, Token));
        await Assert.ThrowsAsync<ArgumentException>(async () => await _store.DeleteAsync(name, Token));
    }

    [UnixFact("Windows has no such modes.")]
    public async Task Only_the_owner_can_enter_and_read()
    {
        _directory.DamagedBecause = "strange objects are put there";
        await (await BackupRepository.CreateAsync(_store, cancellationToken: Token)).DisposeAsync();
        await _store.PutIfAbsentAsync("packs/0123", new byte[1], Token);
        await _store.PutIfAbsentAsync("log/0000000000000/000", new byte[1], Token);
        await using var upload = await _store.CreateAsync("packs/4567", Token);

        foreach (string directory in Directory.EnumerateDirectories(_store.Root, "*", SearchOption.AllDirectories).Append(_store.Root))
            Assert.Equal("700", Octal(directory));
        string[] files = Directory.GetFiles(_store.Root, "*", SearchOption.AllDirectories);
        Assert.True(files.Length >= 5);
        foreach (string file in files)
            Assert.Equal("600", Octal(file));
    }

    [UnixFact("Directories are not flushed on Windows.")]
    public async Task A_barrier_fails_when_a_directory_cannot_be_flushed()
    {
        await _store.PutIfAbsentAsync("backups/a", new byte[1], Token);
        await _store.BarrierAsync(Token);
        await _store.PutIfAbsentAsync("backups/b", new byte[1], Token);
        Directory.Delete(_directory.Combine("store", "backups"), recursive: true);
        await Assert.ThrowsAnyAsync<IOException>(async () => await _store.BarrierAsync(Token));
        Directory.CreateDirectory(_directory.Combine("store", "backups"));
        await _store.BarrierAsync(Token);
    }

    [Fact]
    public async Task The_store_passes_its_own_probe()
    {
        await Segvault.Repositories.StoreProbe.RunAsync(_store, Token);
        Assert.Empty(await ListAsync("probes/"));
    }

    private static string Octal(string path) => OperatingSystem.IsWindows() ? "" : Convert.ToString((int)File.GetUnixFileMode(path), 8);

    private async Task<string[]> ListAsync(string prefix)
    {
        var names = new List<string>();
        await foreach (var stored in _store.ListAsync(prefix, Token))
        {
            Assert.Equal(await _store.GetLengthAsync(stored.Name, Token), stored.Length);
            names.Add(stored.Name);
        }

        return [.. names.Order(StringComparer.Ordinal)];
    }
}
