using Segvault.Cli.Input;
using Xunit;

namespace Segvault.Cli.Tests;

public sealed class RepositoryLocations
{
    [Theory]
    [InlineData("/var/backups", "/var/backups")]
    [InlineData("backups", "backups")]
    [InlineData("file:backups", "backups")]
    [InlineData("file:/var/backups", "/var/backups")]
    [InlineData("file:///var/my%20backups", "/var/my backups")]
    [InlineData("file://localhost/var/backups", "/var/backups")]
    [InlineData("a:b", "a:b")]
    [InlineData("dir/with://inside", "dir/with://inside")]
    public void A_path_or_a_file_address_is_a_directory(string text, string directory) =>
        Assert.Equal(directory, Locations.RepositoryDirectory(text));

    [Theory]
    [InlineData("s3://bucket/prefix")]
    [InlineData("az://account/container")]
    [InlineData("sftp://user:secret@host/path")]
    [InlineData("S3://bucket")]
    [InlineData("https://user:secret@host")]
    [InlineData("file:")]
    [InlineData("file://elsewhere/share")]
    [InlineData("")]
    public void Anything_else_is_refused_without_showing_a_secret(string text)
    {
        var refused = Assert.Throws<UsageException>(() => Locations.RepositoryDirectory(text));

        Assert.DoesNotContain("secret", refused.Message + refused.Hint, StringComparison.Ordinal);
    }
}
