using Microsoft.Win32.SafeHandles;
using Segvault.IO;
using Segvault.Testing;
using Xunit;

namespace Segvault.Tests.IO;

public sealed class DurableTests : IDisposable
{
    private readonly TempDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void A_written_file_and_its_directory_can_be_flushed()
    {
        string path = _directory.Combine("file");
        using SafeFileHandle file = File.OpenHandle(path, FileMode.CreateNew, FileAccess.ReadWrite);
        RandomAccess.Write(file, "content"u8, 0);

        Durable.Sync(file, path);
        Durable.SyncDirectory(_directory.Path);
    }

    [Fact]
    public void Flushing_a_closed_file_throws()
    {
        SafeFileHandle file = File.OpenHandle(_directory.Combine("file"), FileMode.CreateNew, FileAccess.ReadWrite);
        file.Dispose();

        Assert.Throws<ObjectDisposedException>(() => Durable.Sync(file, "file"));
    }

    [UnixFact("Numbers of Unix.")]
    public void An_error_of_the_system_is_thrown_with_its_number_and_the_name()
    {
        using var nothing = new SafeFileHandle(1_000_000, ownsHandle: false);

        var e = Assert.Throws<IOException>(() => Durable.Sync(nothing, "/the/name"));

        Assert.Equal(9, e.HResult);
        Assert.Contains("/the/name", e.Message, StringComparison.Ordinal);
    }

    [UnixFact("Does nothing on Windows.")]
    public void Flushing_a_directory_that_is_not_there_throws()
    {
        File.WriteAllText(_directory.Combine("file"), "");

        Assert.Throws<FileNotFoundException>(() => Durable.SyncDirectory(_directory.Combine("none")));
        Assert.Throws<DirectoryNotFoundException>(() => Durable.SyncDirectory(_directory.Combine("file")));
    }
}
