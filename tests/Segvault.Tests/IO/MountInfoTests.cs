using Segvault.IO;
using Xunit;

namespace Segvault.Tests.IO;

public sealed class MountInfoTests
{
    private const string Host = """
        22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw
        23 22 0:21 / /proc rw,nosuid shared:12 - proc proc rw
        30 22 8:2 / /srv rw,relatime shared:20 - ext4 /dev/sda2 rw
        31 22 8:1 /var/data /mnt/with\040space rw - ext4 /dev/sda1 rw
        32 22 0:40 / /run rw - tmpfs tmpfs rw
        """;

    /// <summary>A container: its own root, one directory of the host bound into it, and a file of the engine's own.</summary>
    private const string Container = """
        500 400 0:77 / / rw,relatime - overlay overlay rw,lowerdir=/l,upperdir=/u,workdir=/w
        501 500 0:78 / /proc rw - proc proc rw
        502 500 8:2 /products/index /data rw,relatime - ext4 /dev/sda2 rw
        503 500 8:1 /var/lib/docker/containers/abc/hostname /etc/hostname rw - ext4 /dev/sda1 rw
        """;

    [Fact]
    public void A_plain_directory_has_no_reason() => Assert.Null(Find("/srv/other/index"));

    [Fact]
    public void A_mount_point_is_one() => Assert.Equal("it is a mount point", Find("/srv"));

    [Fact]
    public void A_directory_bound_into_a_container_is_found_by_its_place_in_the_file_system() =>
        Assert.Equal("it is mounted at '/data' in the mount namespace of process 4242", Find("/srv/products/index"));

    [Fact]
    public void A_directory_above_one_that_is_bound_somewhere_is_found() =>
        Assert.Equal("a part of it is mounted at '/data' in the mount namespace of process 4242", Find("/srv/products"));

    [Theory]
    [InlineData("/srv/products/index/below")]
    [InlineData("/srv/products/index2")]
    [InlineData("/srv/products/inde")]
    [InlineData("/products/index")]
    public void Below_beside_and_on_other_devices_nothing_is_found(string path) => Assert.Null(Find(path));

    [Fact]
    public void A_binding_in_the_own_namespace_is_found_and_its_octal_digits_are_read() =>
        Assert.Equal("it is mounted at '/mnt/with space'", Find("/var/data"));

    [Fact]
    public void A_directory_with_something_mounted_in_it_is_found() =>
        Assert.StartsWith("something is mounted in it, at '/mnt/with space'", Find("/mnt"), StringComparison.Ordinal);

    [Fact]
    public void What_another_namespace_mounts_in_a_directory_is_found_although_it_sees_it_elsewhere()
    {
        const string Bound = """
            600 1 8:2 /products /shop rw - ext4 /dev/sda2 rw
            601 600 0:99 / /shop/b/cache rw - tmpfs tmpfs rw
            """;

        Assert.Equal("something is mounted in it, at '/shop/b/cache' in the mount namespace of process 7", Find("/srv/products/b", ("process 7", Bound)));
        Assert.Null(Find("/srv/products/c", ("process 7", Bound)));
    }

    [Fact]
    public void Inside_a_container_only_its_volume_counts()
    {
        IReadOnlyList<MountInfo> own = MountInfo.Parse(Container);

        Assert.Equal("it is a mount point", MountInfo.FindReason("/data", own, []));
        Assert.Null(MountInfo.FindReason("/data/index", own, []));
        Assert.Null(MountInfo.FindReason("/var/lib/docker/containers/abc", own, []));
    }

    [Fact]
    public void A_path_that_is_seen_under_a_bound_parent_is_the_same_place()
    {
        const string Bound = "700 1 8:1 /var /v rw - ext4 /dev/sda1 rw";

        Assert.Equal("it is mounted at '/mnt/with space' in the mount namespace of process 1",
            MountInfo.FindReason("/v/data", MountInfo.Parse(Bound), [("process 1", MountInfo.Parse(Host))]));
    }

    [Fact]
    public void A_binding_of_a_deleted_directory_does_not_count() =>
        Assert.Null(Find("/srv/x", ("process 7", "800 1 8:2 /srv/x//deleted /old rw - ext4 /dev/sda2 rw\n801 1 8:2 /x//deleted /old rw - ext4 /dev/sda2 rw")));

    [Fact]
    public void Of_mounts_over_one_another_the_last_counts()
    {
        const string Covered = """
            1 0 8:1 / / rw - ext4 a rw
            2 1 8:2 /hidden /srv rw - ext4 b rw
            3 2 8:3 /seen /srv rw - ext4 c rw
            """;

        Assert.Equal("it is mounted at '/c' in the mount namespace of process 7",
            MountInfo.FindReason("/srv/x", MountInfo.Parse(Covered), [("process 7", MountInfo.Parse("9 1 8:3 /seen/x /c rw - ext4 c rw"))]));
    }

    [Fact]
    public void Lines_that_make_no_sense_are_left_out()
    {
        IReadOnlyList<MountInfo> mounts = MountInfo.Parse("nonsense\n1 x 8:1 / /\n\n5 1 8:1 /a\\134b /tab\\011\\\\9 rw - ext4 a rw\n");

        Assert.Equal([new MountInfo(5, 1, "8:1", "/a\\b", "/tab\t\\\\9")], mounts);
    }

    private static string? Find(string path) => Find(path, ("process 4242", Container));

    private static string? Find(string path, (string Name, string Text) other) =>
        MountInfo.FindReason(path, MountInfo.Parse(Host), [(other.Name, MountInfo.Parse(other.Text))]);
}
