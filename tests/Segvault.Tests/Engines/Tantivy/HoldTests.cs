using Segvault.Engines.Tantivy;
using Segvault.IO;
using Segvault.Testing;
using Xunit;

namespace Segvault.Tests.Engines.Tantivy;

public sealed class HoldTests : IDisposable
{
    private readonly TempDirectory _directory = new();
    private readonly TantivyEngine _engine = new();

    [Fact]
    public async Task Nine_thousand_files_are_pinned_with_few_handles_and_survive_their_deletion()
    {
        var files = TantivyFiles.Create(_directory.Path, segments: 1500, bytesPerFile: 128);
        int before = SourceFile.CountFreeHandles();
        await using (var snapshot = await _engine.PinTestAsync(_directory.Path, new() { MaxOpenFiles = 64 }))
        {
            Assert.Equal(9001, snapshot.Files.Length);
            Assert.True(before - SourceFile.CountFreeHandles() < 100);
            Assert.Empty(snapshot.ForeignFiles);
            foreach (var segment in files.Segments.ToList())
                files.RemoveSegment(segment);
            files.WriteMeta();
            files.CollectGarbage();
            Assert.Empty(Directory.EnumerateFiles(_directory.Path, "*.store"));
            snapshot.AssertGood();
        }

        Assert.Empty(Directory.EnumerateDirectories(_directory.Path));
    }

    [Fact]
    public async Task A_hold_in_use_is_private_and_left_alone()
    {
        var files = TantivyFiles.Create(_directory.Path);
        await using var first = await _engine.PinTestAsync(_directory.Path, new() { MaxOpenFiles = 0 });
        string hold = Assert.Single(Directory.EnumerateDirectories(_directory.Path));
        if (!OperatingSystem.IsWindows())
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, File.GetUnixFileMode(hold));

        await using (var second = await _engine.PinTestAsync(_directory.Path, new() { MaxOpenFiles = 0 }))
        {
            Assert.Equal(2, Directory.EnumerateDirectories(_directory.Path).Count());
            Assert.Empty(second.ForeignFiles);
        }

        Assert.Equal([hold], Directory.EnumerateDirectories(_directory.Path));
        Assert.Equal(files.LiveFiles.Count, first.Files.Length);
        first.AssertGood();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_hold_left_behind_by_a_killed_run_is_removed(bool withLock)
    {
        var files = TantivyFiles.Create(_directory.Path);
        string hold = files.PathOf(".segvault-hold-0123456789abcdef");
        Directory.CreateDirectory(hold);
        if (withLock)
            File.WriteAllBytes(Path.Combine(hold, "lock"), []);
        string store = files.Segments[0].Id + ".store";
        Assert.True(FileLinks.TryHardLink(files.PathOf(store), Path.Combine(hold, store)));

        await using var snapshot = await _engine.PinTestAsync(_directory.Path);
        Assert.False(Directory.Exists(hold));
        Assert.True(File.Exists(files.PathOf(store)));
        snapshot.AssertGood();
    }

    [Fact]
    public async Task What_is_not_known_in_a_hold_is_kept()
    {
        var files = TantivyFiles.Create(_directory.Path);
        string hold = files.PathOf(".segvault-hold-0123456789abcdef");
        Directory.CreateDirectory(hold);
        File.WriteAllText(Path.Combine(hold, "precious"), "data");
        await using var snapshot = await _engine.PinTestAsync(_directory.Path);
        Assert.Equal("data", File.ReadAllText(Path.Combine(hold, "precious")));
        Assert.Empty(snapshot.ForeignFiles);
    }

    [Fact]
    public async Task Inspecting_leaves_holds_as_they_are()
    {
        var files = TantivyFiles.Create(_directory.Path);
        string hold = files.PathOf(".segvault-hold-0123456789abcdef");
        Directory.CreateDirectory(hold);
        var inspection = await _engine.InspectTestAsync(_directory.Path, readContent: true);
        Assert.True(Directory.Exists(hold));
        Assert.Empty(inspection.ForeignFiles);
        Assert.Empty(inspection.OrphanFiles);
    }

    [Fact]
    [Trait("needs", "ordinary-user")]
    public async Task A_pin_that_fails_leaves_no_hold()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows has no modes.");
        Assert.SkipWhen(Environment.IsPrivilegedProcess, "Root may read everything.");
        var files = TantivyFiles.Create(_directory.Path);
        Modes.Set(files.PathOf(files.Segments[0].Id + ".store"), UnixFileMode.None);
        await Assert.ThrowsAsync<SegvaultException>(async () => await _engine.PinTestAsync(_directory.Path, new() { MaxOpenFiles = 0 }));
        Assert.Empty(Directory.EnumerateDirectories(_directory.Path));
    }

    public void Dispose() => _directory.Dispose();
}
