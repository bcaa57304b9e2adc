using Segvault.Engines;
using Segvault.Engines.Tantivy;
using Segvault.IO;
using Segvault.Testing;
using Xunit;

namespace Segvault.Tests.Engines.Tantivy;

public sealed class PinTests : IDisposable
{
    private readonly TempDirectory _directory = new();
    private readonly TantivyEngine _engine = new();

    [Fact]
    public async Task A_snapshot_holds_the_files_of_the_commit_and_nothing_else()
    {
        var files = TantivyFiles.Create(_directory.Path);
        files.AddDelete(files.Segments[0]);
        files.WriteMeta();
        File.WriteAllText(files.PathOf("notes.txt"), "");
        File.WriteAllText(files.PathOf(".tmpABC123"), "");
        File.WriteAllText(files.PathOf(files.Segments[0].Id + ".store.temp"), "");
        File.WriteAllText(files.PathOf(".segvault.lock"), "");
        files.AddSegment(10);

        await using var snapshot = await _engine.PinTestAsync(_directory.Path);
        var committed = _engine.ReadCommit(name => File.ReadAllBytes(files.PathOf(name)));
        Assert.Equal(files.LiveFiles.Where(committed.IsLive), snapshot.Files.Select(file => file.Path));
        Assert.Equal(["notes.txt"], snapshot.ForeignFiles);
        Assert.Equal(299, snapshot.Commit.Documents);
        Assert.Equal(1, snapshot.Commit.DeletedDocuments);
        Assert.Equal(1, snapshot.Attempts);
        snapshot.AssertGood();
    }

    [Fact]
    public async Task Files_are_described_as_they_are()
    {
        var files = TantivyFiles.Create(_directory.Path, segments: 1);
        string store = files.Segments[0].Id + ".store";
        await using var snapshot = await _engine.PinTestAsync(_directory.Path);

        var file = snapshot.Files.Single(file => file.Path == store);
        Assert.Equal(new FileInfo(files.PathOf(store)).Length, file.Length);
        Assert.Equal(EngineFileRole.WriteOnce, file.Role);
        Assert.Equal(files.Segments[0].Id, file.Segment);
        Assert.Equal(File.GetLastWriteTimeUtc(files.PathOf(store)), file.ModifiedAt.UtcDateTime, TimeSpan.FromTicks(1));
        Assert.Equal(["0.25.0"], snapshot.EngineVersions);
        Assert.Equal([7], snapshot.FormatVersions);

        var meta = snapshot.Files.Single(file => file.Path == "meta.json");
        Assert.Equal(EngineFileRole.Commit, meta.Role);
        Assert.Empty(meta.Footer);
        if (!OperatingSystem.IsWindows())
        {
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, meta.Mode);
            Assert.NotNull(meta.Owner);
        }
    }

    [Fact]
    public async Task Versions_are_in_the_order_of_their_numbers()
    {
        var files = TantivyFiles.Create(_directory.Path, segments: 1);
        (files.EngineVersion, files.FormatVersion) = ("0.9.1", 5);
        files.AddSegment(1);
        (files.EngineVersion, files.FormatVersion) = ("0.100.0", 12);
        files.AddSegment(1);
        files.WriteMeta();
        await using var snapshot = await _engine.PinTestAsync(_directory.Path);
        Assert.Equal(["0.9.1", "0.25.0", "0.100.0"], snapshot.EngineVersions);
        Assert.Equal([5, 7, 12], snapshot.FormatVersions);
        Assert.Empty(snapshot.Problems);
    }

    [Theory]
    [InlineData(int.MaxValue)]
    [InlineData(0)]
    public async Task A_snapshot_stays_readable_when_everything_is_deleted(int maxOpenFiles)
    {
        var files = TantivyFiles.Create(_directory.Path);
        var expected = files.LiveFiles.ToDictionary(name => name, name => File.ReadAllBytes(files.PathOf(name)));
        await using var snapshot = await _engine.PinTestAsync(_directory.Path, new() { MaxOpenFiles = maxOpenFiles });
        foreach (string name in expected.Keys)
            File.Delete(files.PathOf(name));

        Assert.All(snapshot.Files, file => Assert.Equal(expected[file.Path], snapshot.ReadAll(file)));
        Assert.All(snapshot.Files, file => Assert.Equal(expected[file.Path], snapshot.ReadAll(file)));
        Assert.Equal(expected.Count, snapshot.Files.Length);
    }

    [Fact]
    public async Task The_lock_files_are_neither_made_nor_kept_locked()
    {
        var files = TantivyFiles.Create(_directory.Path, segments: 1);
        File.Delete(files.PathOf(".tantivy-meta.lock"));
        await using (await _engine.PinTestAsync(_directory.Path))
            Assert.False(File.Exists(files.PathOf(".tantivy-meta.lock")));

        File.WriteAllBytes(files.PathOf(".tantivy-meta.lock"), []);
        File.Delete(files.PathOf(files.Segments[0].Id + ".pos"));
        await using var snapshot = await _engine.PinTestAsync(_directory.Path);
        Assert.True(snapshot.Attempts > 1);
        Assert.Equal(AdvisoryLockResult.Acquired, AdvisoryLock.TryAcquire(files.PathOf(".tantivy-meta.lock"), out var held));
        held!.Dispose();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_missing_file_is_named_and_the_rest_is_there(bool withLock)
    {
        var files = TantivyFiles.Create(_directory.Path);
        if (!withLock)
            File.Delete(files.PathOf(".tantivy-meta.lock"));
        string lost = files.Segments[1].Id + ".pos";
        File.Delete(files.PathOf(lost));
        await using var snapshot = await _engine.PinTestAsync(_directory.Path);
        Assert.Equal([new IndexProblem(lost, "is missing")], snapshot.Problems);
        Assert.Equal(files.LiveFiles.Where(name => name != lost), snapshot.Files.Select(file => file.Path));
    }

    [Fact]
    public async Task Empty_and_short_files_are_named()
    {
        var files = TantivyFiles.Create(_directory.Path);
        string id = files.Segments[0].Id;
        File.WriteAllBytes(files.PathOf(id + ".idx"), []);
        File.WriteAllBytes(files.PathOf(id + ".store"), File.ReadAllBytes(files.PathOf(id + ".store"))[..500]);
        await using var snapshot = await _engine.PinTestAsync(_directory.Path);
        Assert.Equal([id + ".idx", id + ".store"], snapshot.Problems.Select(problem => problem.File));
        Assert.Equal("is empty", snapshot.Problems[0].Problem);
        Assert.Contains("cut short", snapshot.Problems[1].Problem, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_snapshot_that_was_let_go_cannot_be_read()
    {
        TantivyFiles.Create(_directory.Path, segments: 1);
        var snapshot = await _engine.PinTestAsync(_directory.Path);
        await snapshot.DisposeAsync();
        await snapshot.DisposeAsync();
        Assert.Throws<ObjectDisposedException>(() => snapshot.OpenRead(snapshot.Files[0]));
    }

    [Fact]
    public async Task Files_of_unknown_kinds_belong_to_the_snapshot()
    {
        var files = TantivyFiles.Create(_directory.Path, segments: 1);
        string vectors = files.Segments[0].Id + ".flatvec";
        File.WriteAllBytes(files.PathOf(vectors), files.AddFooter([1, 2, 3]));
        await using var snapshot = await _engine.PinTestAsync(_directory.Path);
        Assert.Contains(vectors, snapshot.Files.Select(file => file.Path));
    }

    [Fact]
    public async Task A_limit_of_open_files_without_a_hold_is_an_error_that_says_what_to_do()
    {
        TantivyFiles.Create(_directory.Path);
        var thrown = await Assert.ThrowsAsync<SegvaultException>(
            async () => await _engine.PinTestAsync(_directory.Path, new() { MaxOpenFiles = 3, AllowHold = false }));
        Assert.Equal(ErrorCode.PinFailed, thrown.Code);
        Assert.Contains("ulimit -n", thrown.Hint, StringComparison.Ordinal);
    }

    public void Dispose() => _directory.Dispose();
}
