using Microsoft.Win32.SafeHandles;
using Segvault.IO;
using Segvault.Testing;
using Xunit;

namespace Segvault.Tests.IO;

public sealed class FileLinksTests : IDisposable
{
    private readonly TempDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void A_hard_link_is_a_second_name_of_the_same_file()
    {
        string existing = Create("existing", "x");
        string link = _directory.Combine("link");

        Assert.True(FileLinks.TryHardLink(existing, link));

        FileStatus status = FileStatus.TryRead(link)!;
        Assert.Equal(FileStatus.TryRead(existing)!.Identity, status.Identity);
        Assert.Equal(2, status.Links);
    }

    [Fact]
    public void Linking_a_file_that_is_gone_throws()
    {
        var e = Assert.Throws<FileNotFoundException>(() => FileLinks.TryHardLink(_directory.Combine("gone"), _directory.Combine("link")));

        Assert.EndsWith("gone", e.FileName, StringComparison.Ordinal);
    }

    [Fact]
    public void Linking_to_a_name_that_exists_throws()
    {
        string existing = Create("existing", "x");
        string link = Create("link", "y");

        Assert.Throws<IOException>(() => FileLinks.TryHardLink(existing, link));

        Assert.Equal("y", File.ReadAllText(link));
    }

    [UnixFact("Looks at /dev/shm.")]
    public void A_link_into_another_file_system_is_not_possible()
    {
        const string Memory = "/dev/shm";
        string existing = Create("existing", "x");
        Assert.SkipUnless(Directory.Exists(Memory), "There is no file system in memory.");
        Assert.SkipWhen(FileStatus.TryRead(Memory)!.Identity.Device == FileStatus.TryRead(existing)!.Identity.Device, "It is the same file system.");

        Assert.False(FileLinks.TryHardLink(existing, Path.Combine(Memory, $"segvault-tests-{Guid.NewGuid():N}")));
    }

    [UnixFact("Symbolic links need a privilege.")]
    public void A_symbolic_link_is_not_followed()
    {
        Create("target", "x");
        File.CreateSymbolicLink(_directory.Combine("symbolic"), "target");

        Assert.True(FileLinks.TryHardLink(_directory.Combine("symbolic"), _directory.Combine("link")));

        Assert.Equal(FileKind.SymbolicLink, FileStatus.TryRead(_directory.Combine("link"))!.Kind);
    }

    [Fact]
    public void A_clone_has_the_content_or_the_file_system_cannot_and_nothing_is_written()
    {
        using SafeFileHandle source = File.OpenHandle(Create("source", "content"));
        using SafeFileHandle destination = File.OpenHandle(_directory.Combine("clone"), FileMode.CreateNew, FileAccess.ReadWrite);

        bool cloned = FileLinks.TryClone(source, destination);

        Assert.Equal(cloned ? 7 : 0, RandomAccess.GetLength(destination));
    }

    [LinuxFact("Only Linux links open files.")]
    public void An_open_file_is_linked_wherever_it_was_moved_to()
    {
        string existing = Create("existing", "x");
        using SafeFileHandle open = File.OpenHandle(existing);
        File.Move(existing, _directory.Combine("moved"));

        Assert.True(FileLinks.TryHardLink(open, _directory.Combine("link")));

        Assert.Equal(FileStatus.Read(open).Identity, FileStatus.TryRead(_directory.Combine("link"))!.Identity);
        Assert.Throws<IOException>(() => FileLinks.TryHardLink(open, _directory.Combine("link")));
    }

    [Fact]
    public void An_open_file_without_a_name_cannot_be_linked()
    {
        string existing = Create("existing", "x");
        using SafeFileHandle open = File.OpenHandle(existing, share: FileShare.ReadWrite | FileShare.Delete);
        File.Delete(existing);

        Assert.False(FileLinks.TryHardLink(open, _directory.Combine("link")));
    }

    private string Create(string name, string content)
    {
        string path = _directory.Combine(name);
        File.WriteAllText(path, content);
        return path;
    }
}
