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
    public async Task An_object_is_read_back_whole_and_in_parts()
    {
        byte[] content = [.. Enumerable.Range(0, 100).Select(i => (byte)i)];
        Assert.True(await _store.PutIfAbsentAsync("backups/a", content, Token));

        Assert.Equal(content, await _store.ReadAsync("backups/a", Token));
        Assert.Equal(100, await _store.GetLengthAsync("backups/a", Token));
        byte[] part = new byte[20];
        Assert.Equal(20, await _store.ReadAsync("backups/a", 30, part, Token));
        Assert.Equal(content[30..50], part);
        Assert.Equal(5, await _store.ReadAsync("backups/a", 95, part, Token));
        Assert.Equal(content[95..], part[..5]);
        Assert.Equal(0, await _store.ReadAsync("backups/a", 100, part, Token));
        Assert.Equal(0, await _store.ReadAsync("backups/a", 1000, part, Token));
    }

    [Fact]
    public async Task An_absent_object_is_told_from_an_empty_one()
    {
        Assert.True(await _store.PutIfAbsentAsync("backups/empty", Array.Empty<byte>(), Token));
        byte[] buffer = new byte[1];
        Assert.Empty((await _store.ReadAsync("backups/empty", Token))!);
        Assert.Equal(0, await _store.GetLengthAsync("backups/empty", Token));
        Assert.Equal(0, await _store.ReadAsync("backups/empty", 0, buffer, Token));
        foreach (string absent in new[] { "backups/absent", "absent/absent/absent" })
        {
            Assert.Null(await _store.ReadAsync(absent, Token));
            Assert.Null(await _store.GetLengthAsync(absent, Token));
            Assert.Equal(-1, await _store.ReadAsync(absent, 0, buffer, Token));
            Assert.False(await _store.DeleteAsync(absent, Token));
        }
    }

    [Fact]
    public async Task An_object_is_never_overwritten()
    {
        Assert.True(await _store.PutIfAbsentAsync("log/0000000000000/000", new byte[] { 1 }, Token));
        Assert.False(await _store.PutIfAbsentAsync("log/0000000000000/000", new byte[] { 2 }, Token));
        Assert.Equal([1], await _store.ReadAsync("log/0000000000000/000", Token));
        Assert.Empty(Directory.EnumerateFiles(_store.TemporaryDirectory));
    }

    [Fact]
    public async Task Of_eight_writers_of_one_name_exactly_one_wins_every_time()
    {
        for (int round = 0; round < 400; round++)
        {
            string name = $"log/{round:d13}/000";
            using var start = new Barrier(8);
            var racers = Enumerable.Range(0, 8).Select(i => Task.Factory.StartNew(
                () =>
                {
                    start.SignalAndWait(Token);
                    return _store.PutIfAbsentAsync(name, new[] { (byte)i }, Token).AsTask();
                },
                Token,
                TaskCreationOptions.LongRunning,
                TaskScheduler.Default).Unwrap());
            bool[] won = await Task.WhenAll(racers);
            Assert.Single(won, true);
            Assert.Equal((byte)Array.IndexOf(won, true), Assert.Single((await _store.ReadAsync(name, Token))!));
        }

        Assert.Empty(Directory.EnumerateFiles(_store.TemporaryDirectory));
    }

    [Fact]
    public async Task Nothing_is_visible_before_an_upload_is_complete()
    {
        await using (var upload = await _store.CreateAsync("packs/0123", Token))
        {
            await upload.WriteAsync(new byte[1000], Token);
            Assert.Null(await _store.GetLengthAsync("packs/0123", Token));
            Assert.Empty(await ListAsync("packs/"));
            await upload.WriteAsync(new byte[1], Token);
            Assert.True(await upload.CompleteAsync(Token));
            Assert.Equal(1001, await _store.GetLengthAsync("packs/0123", Token));
        }

        Assert.Equal(["packs/0123"], await ListAsync("packs/"));
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
    public async Task Listing_gives_the_names_that_were_put_and_no_others()
    {
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

    [Fact]
    public async Task Listing_goes_on_while_others_delete()
    {
        for (int i = 0; i < 200; i++)
            await _store.PutIfAbsentAsync($"packs/aa{i:d3}", new byte[] { 1 }, Token);
        int seen = 0;
        await foreach (var stored in _store.ListAsync("packs/", Token))
        {
            seen++;
            for (int i = 0; i < 200; i++)
            {
                if (stored.Name != $"packs/aa{i:d3}")
                    await _store.DeleteAsync($"packs/aa{i:d3}", Token);
            }
        }

        Assert.InRange(seen, 1, 200);
    }

    [Theory]
    [InlineData("")]
    [InlineData("/a")]
    [InlineData("a/")]
    [InlineData("a//b")]
    [InlineData("..")]
    [InlineData("a/../b")]
    [InlineData("./a")]
    [InlineData("A")]
    [InlineData("a b")]
    [InlineData("a\\b")]
    [InlineData("ä")]
    [InlineData("a\0")]
    [InlineData("packs/a")]
    [InlineData("packs/ab/cd")]
    [InlineData("tmp/a")]
    public async Task A_name_that_is_none_is_refused(string name)
    {
        await Assert.ThrowsAsync<ArgumentException>(async () => await _store.PutIfAbsentAsync(name, new byte[1], Token));
        await Assert.ThrowsAsync<ArgumentException>(async () => await _store.ReadAsync(name, Token));
        await Assert.ThrowsAsync<ArgumentException>(async () => await _store.DeleteAsync(name, Token));
    }

    [UnixFact("Windows has no such modes.")]
    public async Task Only_the_owner_can_enter_and_read()
    {
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
