using Microsoft.Win32.SafeHandles;
using Segvault.IO;
using Segvault.Testing;
using Xunit;

namespace Segvault.Tests.IO;

public sealed class FlushQueueTests : IDisposable
{
    private readonly TempDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void Files_are_closed_when_they_are_flushed()
    {
        SafeFileHandle[] files = [.. Enumerable.Range(0, 50).Select(Create)];
        using var queue = new FlushQueue();
        foreach (var file in files)
            queue.Add(file, "file");

        queue.Complete();

        Assert.All(files, file => Assert.True(file.IsClosed));
    }

    [Fact]
    public void Nothing_to_flush_is_no_failure()
    {
        using var queue = new FlushQueue();

        queue.Complete();
    }

    [UnixFact("Numbers of Unix.")]
    public void A_failure_is_told_at_the_end_and_every_file_is_closed()
    {
        var (before, after) = (Create(0), Create(1));
        using var queue = new FlushQueue();
        queue.Add(before, "before");
        queue.Add(NoFile(), "/the/name");
        try
        {
            queue.Add(after, "after");
        }
        catch (IOException)
        {
            // It was known already.
        }

        var e = Assert.Throws<IOException>(queue.Complete);

        Assert.Contains("/the/name", e.Message, StringComparison.Ordinal);
        Assert.True(before.IsClosed);
        Assert.True(after.IsClosed);
    }

    [UnixFact("Numbers of Unix.")]
    public void After_a_failure_nothing_more_is_taken()
    {
        using var queue = new FlushQueue();
        queue.Add(NoFile(), "/the/name");

        void AddMore()
        {
            while (true)
                queue.Add(NoFile(), "/another");
        }

        Assert.Throws<IOException>(AddMore);
    }

    private static SafeFileHandle NoFile() => new(1_000_000, ownsHandle: false);

    private SafeFileHandle Create(int number)
    {
        var file = File.OpenHandle(_directory.Combine($"{number}"), FileMode.CreateNew, FileAccess.ReadWrite);
        RandomAccess.Write(file, "content"u8, 0);
        return file;
    }
}
