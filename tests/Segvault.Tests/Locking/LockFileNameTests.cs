using Segvault.Locking;
using Segvault.Testing;
using Xunit;

namespace Segvault.Tests.Locking;

public sealed class LockFileNameTests
{
    [Theory]
    [InlineData("products")]
    [InlineData("products-2.index_a")]
    public void A_name_that_is_a_good_file_name_is_kept(string name) => Assert.Equal(name + ".lock", LockFileName.For(name));

    [Theory]
    [InlineData("/srv/products/index", "srv_products_index~")]
    [InlineData("Products", "products~")]
    [InlineData("..", "~")]
    [InlineData("naïve", "na_ve~")]
    public void Every_other_name_becomes_readable_and_unique(string name, string beginning)
    {
        string file = LockFileName.For(name);

        Assert.StartsWith(beginning, file, StringComparison.Ordinal);
        Assert.Equal(beginning.Length + 16 + ".lock".Length, file.Length);
    }

    [Fact]
    public void Different_names_have_different_files()
    {
        string[] names = ["a", "A", "a/", "/a", "a\0", "á", new string('x', 200), new string('x', 201), LockFileName.For("/a")];

        Assert.Equal(names.Length, names.Select(LockFileName.For).Distinct(StringComparer.OrdinalIgnoreCase).Count());
    }

    [Fact]
    public void A_directory_of_locks_is_created_and_left_empty()
    {
        using var directory = new TempDirectory();
        var provider = new LockFileProvider(directory.Combine("locks", "here"));
        using (provider.CreateLock("/srv/products/index").Acquire(cancellationToken: TestContext.Current.CancellationToken))
            Assert.Null(provider.CreateLock("/srv/products/index").TryAcquire(cancellationToken: TestContext.Current.CancellationToken));

        if (!OperatingSystem.IsWindows())
            Assert.Empty(Directory.GetFiles(directory.Combine("locks", "here")));
    }
}
