using Segvault.IO;
using Segvault.Testing;
using Xunit;

namespace Segvault.Tests.IO;

public sealed class DiskSpaceTests
{
    [Fact]
    public void An_existing_directory_has_a_number()
    {
        using var directory = new TempDirectory();

        Assert.InRange(DiskSpace.Available(directory.Path) ?? -1, 0, long.MaxValue);
    }

    [Fact]
    public void A_missing_directory_has_none()
    {
        using var directory = new TempDirectory();

        Assert.Null(DiskSpace.Available(directory.Combine("none")));
    }

    [LinuxFact("Uses commands of Linux.")]
    public void It_is_that_of_the_file_system_the_directory_is_in()
    {
        Assert.SkipUnless(Directory.Exists("/dev/shm"), "There is no file system in memory.");
        string below = $"/dev/shm/segvault-tests-{Guid.NewGuid():N}";
        const string FitsInto = """test "$2" -le "$(df --output=size -B1 "$1" | tail -n 1)" """;
        Directory.CreateDirectory(below);
        try
        {
            Assert.Equal(0, ShellProcess.Run(FitsInto, below, DiskSpace.Available(below)!.Value.ToString()));
        }
        finally
        {
            Directory.Delete(below);
        }
    }
}
