using Segvault.IO;
using Segvault.Testing;
using Xunit;

namespace Segvault.Tests.IO;

public sealed class MountsTests : IDisposable
{
    private readonly TempDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [LinuxFact("Only Linux tells what other namespaces mount.")]
    public void A_directory_of_our_own_can_be_exchanged() => Assert.Null(Mounts.WhyNotExchangeable(_directory.Path));

    [LinuxFact("Only Linux tells what other namespaces mount.")]
    public void A_mount_point_is_one_also_through_a_link()
    {
        File.CreateSymbolicLink(_directory.Combine("link"), "/proc");

        Assert.Equal("it is a mount point", Mounts.WhyNotExchangeable(_directory.Combine("link")));
    }

    [LinuxFact("Only Linux tells what other namespaces mount.")]
    public void A_directory_that_a_process_in_another_namespace_has_mounted_is_found()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "Only root may mount.");
        string index = _directory.CreateDirectory("products", "my index");
        string inside = _directory.CreateDirectory("inside");
        using var container = ShellProcess.Start("""exec unshare --mount sh -c 'mount --bind "$1" "$2" && echo ready && exec cat' sh "$1" "$2" """, index, inside);
        string expected = $"it is mounted at '{inside}' in the mount namespace of process {container.Id}";

        Assert.Equal(expected, Mounts.WhyNotExchangeable(index));
        Assert.StartsWith("a part of it is mounted", Mounts.WhyNotExchangeable(_directory.Combine("products")), StringComparison.Ordinal);
        Assert.StartsWith("something is mounted in it", Mounts.WhyNotExchangeable(inside), StringComparison.Ordinal);
        Assert.Null(Mounts.WhyNotExchangeable(_directory.CreateDirectory("products", "my index2")));

        container.End();
        Assert.Null(Mounts.WhyNotExchangeable(index));
    }

    [LinuxFact("Only Linux tells what other namespaces mount.")]
    public void A_missing_directory_throws() => Assert.Throws<FileNotFoundException>(() => Mounts.WhyNotExchangeable(_directory.Combine("none")));
}
