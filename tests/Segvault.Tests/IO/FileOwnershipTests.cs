using Segvault.IO;
using Segvault.IO.Native;
using Segvault.Testing;
using Xunit;

namespace Segvault.Tests.IO;

public sealed class FileOwnershipTests : IDisposable
{
    private readonly TempDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [UnixTheory("Files have no Unix owner on Windows.")]
    [InlineData("root", 0u, null)]
    [InlineData("0", 0u, null)]
    [InlineData(":0", null, 0u)]
    [InlineData("root:0", 0u, 0u)]
    [InlineData(":4000000", null, 4000000u)]
    [InlineData("4000001:4000002", 4000001u, 4000002u)]
    public void Owners_are_given_by_name_or_number(string text, uint? user, uint? group) => Assert.Equal((user, group), FileOwnership.Parse(text));

    [UnixTheory("Files have no Unix owner on Windows.")]
    [InlineData("")]
    [InlineData(":")]
    [InlineData("root:")]
    [InlineData("root:0:0")]
    [InlineData("no-such-user-here")]
    [InlineData(":no-such-group-here")]
    [InlineData("-1")]
    [InlineData("4294967295")]
    [InlineData(" 0")]
    public void What_is_not_an_owner_is_refused(string text) => Assert.Throws<FormatException>(() => FileOwnership.Parse(text));

    [UnixFact("Files have no Unix owner on Windows.")]
    public void A_file_of_root_is_described_by_name_and_found_again()
    {
        FileOwner owner = FileOwnership.Describe(FileStatus.TryRead("/")!)!;

        Assert.Equal((0u, "root"), (owner.UserId, owner.User));
        Assert.NotNull(owner.Group);
        Assert.Equal((0u, owner.GroupId), FileOwnership.FindByName(owner));
        Assert.Equal("root", FileOwnership.OwnerName("/"));
    }

    [UnixFact("Files have no Unix owner on Windows.")]
    public void An_unknown_name_is_not_found()
    {
        Assert.Equal((null, null), FileOwnership.FindByName(new FileOwner(0, 0, "no-such-user-here", "no-such-group-here")));
        Assert.Equal((null, null), FileOwnership.FindByName(new FileOwner(0, 0, null, null)));
        Assert.Null(FileOwnership.OwnerName(_directory.Combine("none")));
    }

    [UnixFact("Files have no Unix owner on Windows.")]
    public void A_number_without_a_name_is_shown_as_a_number()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "Only root can give files away.");
        Assert.True(FileOwnership.TryChange(_directory.Path, 4000001, null));

        Assert.Equal("4000001", FileOwnership.OwnerName(_directory.Path));
        Assert.Null(FileOwnership.Describe(FileStatus.TryRead(_directory.Path)!)!.User);
    }

    [UnixFact("Files have no Unix owner on Windows.")]
    public void The_owner_of_a_link_is_changed_and_not_that_of_its_target()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "Only root can give files away.");
        string target = _directory.CreateDirectory("target");
        File.CreateSymbolicLink(_directory.Combine("link"), target);

        Assert.True(FileOwnership.TryChange(_directory.Combine("link"), 4000001, 4000002));

        Assert.Equal(0u, FileStatus.TryRead(target)!.UserId);
        Assert.Equal(4000001u, FileStatus.TryRead(_directory.Combine("link"))!.UserId);
    }

    [UnixFact("Files have no Unix owner on Windows.")]
    [Trait("needs", "ordinary-user")]
    public void Somebody_else_s_file_cannot_be_given_away()
    {
        Assert.SkipWhen(Environment.IsPrivilegedProcess, "Root may do everything.");

        Assert.False(FileOwnership.TryChange("/", 4000001, null));
        Assert.False(FileOwnership.TryChangeMode("/", UnixFileMode.UserRead));
    }

    [UnixFact("Files have no Unix owner on Windows.")]
    public void Mode_owner_and_attributes_are_copied_to_another_directory()
    {
        const UnixFileMode Mode = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute | UnixFileMode.GroupRead | UnixFileMode.SetGroup;
        string from = _directory.CreateDirectory("from");
        string to = _directory.CreateDirectory("to");
        Assert.SkipUnless(ExtendedAttributes.TrySet(from, "user.purpose", "testing"u8.ToArray()), "This file system has no extended attributes.");
        if (Environment.IsPrivilegedProcess)
            Assert.True(FileOwnership.TryChange(from, 4000001, 4000002));
        Assert.True(FileOwnership.TryChangeMode(from, Mode));

        Assert.True(FileOwnership.TryCopyDirectoryAttributes(from, to));

        (FileStatus expected, FileStatus actual) = (FileStatus.TryRead(from)!, FileStatus.TryRead(to)!);
        Assert.Equal((Mode, expected.UserId, expected.GroupId), (actual.Mode, actual.UserId, actual.GroupId));
        Assert.Equal("testing"u8.ToArray(), ExtendedAttributes.Get(to, "user.purpose"));
    }

    [UnixFact("Files have no Unix owner on Windows.")]
    public void Access_lists_are_copied()
    {
        string from = _directory.CreateDirectory("from");
        string to = _directory.CreateDirectory("to");
        SkipWithoutAccessLists(from, "system.posix_acl_access");

        Assert.True(FileOwnership.TryCopyDirectoryAttributes(from, to));

        Assert.Equal(ExtendedAttributes.Get(from, "system.posix_acl_access"), ExtendedAttributes.Get(to, "system.posix_acl_access"));
        Assert.Equal(FileStatus.TryRead(from)!.Mode, FileStatus.TryRead(to)!.Mode);
    }

    [UnixFact("Files have no Unix owner on Windows.")]
    public void Access_lists_that_the_original_does_not_have_are_removed()
    {
        string from = _directory.CreateDirectory("from");
        string parent = _directory.CreateDirectory("parent");
        SkipWithoutAccessLists(parent, "system.posix_acl_default");
        string to = _directory.CreateDirectory("parent", "to");
        Assert.Contains("system.posix_acl_access", ExtendedAttributes.List(to));

        Assert.True(FileOwnership.TryCopyDirectoryAttributes(from, to));

        Assert.DoesNotContain(ExtendedAttributes.List(to), n => n.StartsWith("system.posix_acl_", StringComparison.Ordinal));
        Assert.Equal(FileStatus.TryRead(from)!.Mode, FileStatus.TryRead(to)!.Mode);
    }

    /// <summary>Lets user 4000003 read and enter the directory, or skips. Source of the format: linux/posix_acl_xattr.h.</summary>
    private static void SkipWithoutAccessLists(string directory, string kind)
    {
        const uint Nobody = uint.MaxValue;
        (ushort Tag, ushort Rights, uint Id)[] entries = [(1, 7, Nobody), (2, 5, 4000003), (4, 0, Nobody), (0x10, 5, Nobody), (0x20, 0, Nobody)];
        byte[] list = [.. BitConverter.GetBytes(2), .. entries.SelectMany(e => (byte[])
            [.. BitConverter.GetBytes(e.Tag), .. BitConverter.GetBytes(e.Rights), .. BitConverter.GetBytes(e.Id)])];
        Assert.SkipUnless(ExtendedAttributes.TrySet(directory, kind, list), "This file system has no access lists.");
    }
}
