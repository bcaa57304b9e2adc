using Microsoft.Win32.SafeHandles;
using Segvault.IO;
using Segvault.Testing;
using Xunit;

namespace Segvault.Tests.IO;

public sealed class FileStatusTests : IDisposable
{
    private readonly TempDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Theory]
    [InlineData("2026-11-23T01:02:03.1234567Z")]
    [InlineData("1969-12-31T23:59:59.9999999Z")]
    [InlineData("1907-02-03T04:05:06.0000001Z")]
    [InlineData("1970-01-01T00:00:00Z")]
    public void Times_keep_all_their_digits_also_before_1970(string text)
    {
        string path = Create();
        var time = DateTimeOffset.Parse(text);
        File.SetLastWriteTimeUtc(path, time.UtcDateTime);

        Assert.Equal(time, FileStatus.TryRead(path)!.ModifiedAt);
    }

    [Fact]
    public void What_has_no_name_is_null()
    {
        string file = Create();

        Assert.Null(FileStatus.TryRead(_directory.Combine("none")));
        Assert.Null(FileStatus.TryRead(Path.Combine(file, "below a file")));
    }

    [Fact]
    public void Length_kind_and_identity_are_the_same_by_name_and_by_handle()
    {
        string path = Create();
        using SafeFileHandle handle = SourceFile.OpenRead(path);

        FileStatus status = FileStatus.Read(handle);

        Assert.Equal(FileStatus.TryRead(path), status);
        Assert.Equal((FileKind.Regular, 7, 1), (status.Kind, status.Length, status.Links));
        Assert.NotEqual(status.Identity, FileStatus.TryRead(_directory.Path)!.Identity);
    }

    [UnixFact("Files have no mode on Windows.")]
    public void Mode_and_owner_are_what_the_system_says()
    {
        const UnixFileMode Mode = UnixFileMode.UserRead | UnixFileMode.GroupWrite | UnixFileMode.OtherExecute;
        string path = Create();
        Assert.True(FileOwnership.TryChangeMode(path, Mode));

        FileStatus status = FileStatus.TryRead(path)!;

        Assert.Equal(Mode, status.Mode);
        Assert.Equal(Segvault.IO.Native.LibC.EffectiveUserId(), status.UserId);
    }

    [Fact(Skip = "Wine makes times of creation up.", SkipType = typeof(TestMachine), SkipWhen = nameof(TestMachine.IsWine))]
    public void The_time_of_creation_does_not_change_with_the_content()
    {
        string path = Create();
        DateTimeOffset? created = FileStatus.TryRead(path)!.CreatedAt;
        Assert.SkipWhen(created is null, "This file system does not record it.");

        File.SetLastWriteTimeUtc(path, new DateTime(2001, 1, 1, 0, 0, 0, DateTimeKind.Utc));

        Assert.Equal(created, FileStatus.TryRead(path)!.CreatedAt);
    }

    [UnixFact("Symbolic links need a privilege, and devices are no files.")]
    public void Directories_links_and_devices_are_told_apart()
    {
        File.CreateSymbolicLink(_directory.Combine("link"), "nowhere");

        Assert.Equal(FileKind.Directory, FileStatus.TryRead(_directory.Path)!.Kind);
        Assert.Equal(FileKind.SymbolicLink, FileStatus.TryRead(_directory.Combine("link"))!.Kind);
        Assert.Equal(FileKind.Other, FileStatus.TryRead("/dev/null")!.Kind);
    }

    private string Create()
    {
        string path = _directory.Combine("file");
        File.WriteAllText(path, "content");
        return path;
    }
}
