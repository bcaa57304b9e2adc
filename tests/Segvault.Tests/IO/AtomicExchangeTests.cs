using Segvault.IO;
using Segvault.Testing;
using Xunit;

namespace Segvault.Tests.IO;

public sealed class AtomicExchangeTests : IDisposable
{
    private readonly TempDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [UnixFact("Directories cannot be exchanged on Windows.")]
    public void Exchanged_directories_keep_what_is_in_them()
    {
        string first = _directory.CreateDirectory("first");
        string second = _directory.CreateDirectory("second");
        File.WriteAllText(Path.Combine(first, "a"), "1");
        File.WriteAllText(Path.Combine(second, "b"), "2");
        Assert.SkipUnless(AtomicRename.CanExchange(_directory.Combine("probe.1"), _directory.Combine("probe.2")), "This file system cannot exchange names.");

        Assert.True(AtomicRename.TryExchange(first, second));

        Assert.Equal("1", File.ReadAllText(Path.Combine(second, "a")));
        Assert.Equal("2", File.ReadAllText(Path.Combine(first, "b")));
    }

    [UnixFact("Directories cannot be exchanged on Windows.")]
    public async Task Somebody_who_looks_always_finds_one_of_the_two()
    {
        string first = _directory.CreateDirectory("first");
        string second = _directory.CreateDirectory("second");
        Assert.SkipUnless(AtomicRename.CanExchange(_directory.Combine("probe.1"), _directory.Combine("probe.2")), "This file system cannot exchange names.");
        using var stop = new CancellationTokenSource();
        Task<bool> watcher = Task.Run(() =>
        {
            while (!stop.IsCancellationRequested)
            {
                if (FileStatus.TryRead(first) is null)
                    return false;
            }

            return true;
        });

        for (int i = 0; i < 500; i++)
            AtomicRename.TryExchange(first, second);

        await stop.CancelAsync();
        Assert.True(await watcher);
    }

    [UnixFact("Directories cannot be exchanged on Windows.")]
    public void Exchanging_with_nothing_throws_and_changes_nothing()
    {
        string first = _directory.CreateDirectory("first");
        Assert.SkipUnless(AtomicRename.CanExchange(_directory.Combine("probe.1"), _directory.Combine("probe.2")), "This file system cannot exchange names.");

        Assert.Throws<FileNotFoundException>(() => AtomicRename.TryExchange(first, _directory.Combine("none")));

        Assert.True(Directory.Exists(first));
    }

    [Fact]
    public void Trying_out_leaves_nothing_behind()
    {
        AtomicRename.CanExchange(_directory.Combine("probe.1"), _directory.Combine("probe.2"));

        Assert.Empty(Directory.GetFileSystemEntries(_directory.Path));
    }
}
