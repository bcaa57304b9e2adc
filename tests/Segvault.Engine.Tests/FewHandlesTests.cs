using Xunit;

namespace Segvault.Engine.Tests;

/// <summary>An index may have more files than a process may open.</summary>
public sealed class FewHandlesTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Nine_thousand_files_are_backed_up_with_256_handles_and_restored()
    {
        await using var bench = await BackupBench.CreateAsync();
        var source = await bench.Host.CreateAsync(bench.Combine("source"), cancellationToken: Token);
        await BackupBench.CommitAsync(source, 1, 3);
        await source.CloseWriterAsync(Token);
        var index = await bench.Host.CreateAsync(bench.Index, cancellationToken: Token);
        await index.GraftAsync(source.Directory, copies: 1500, Token);
        Assert.True(Directory.EnumerateFiles(bench.Index).Count() > 9000);

        await CommandLine.RunWithFewHandlesAsync(
            256, "backup", bench.Index, "-r", bench.Repository.Location, "--pinned", $"ls -d {bench.Index}/.segvault-hold-*");
        Assert.Empty(Directory.EnumerateDirectories(bench.Index));
        Assert.False(File.Exists(Path.Combine(bench.Index, ".segvault.lock")));

        var before = await bench.ReadStateAsync();
        Directory.Delete(bench.Index, recursive: true);
        await CommandLine.RunWithFewHandlesAsync(256, "restore", "latest", bench.Index, "-r", bench.Repository.Location);
        Assert.Equal(4500, before.Count);
        Assert.Equal(before, await bench.ReadStateAsync());
    }
}
