using Segvault.IO;
using Xunit;

namespace Segvault.Engine.Tests;

/// <summary>A repository is all that is needed: anywhere, by anybody.</summary>
public sealed class CopiedRepositoryTests
{
    [Fact]
    public async Task A_copied_repository_restores_elsewhere_as_another_user()
    {
        await using var bench = await BackupBench.CreateAsync();
        var index = await bench.CreateIndexAsync(documents: 200);
        await BackupBench.CommitAsync(index, 1000, 20, [5]);
        await index.CloseWriterAsync(TestContext.Current.CancellationToken);
        var state = await bench.ReadStateAsync();
        await bench.BackUpAsync();

        var copy = bench.Combine("elsewhere", "copy");
        var place = Directory.CreateDirectory(bench.Combine("elsewhere", "place")).FullName;
        await CommandLine.RunAsync("cp", "-r", bench.Repository.Location, copy);
        Directory.Delete(bench.Repository.Location, recursive: true);
        Directory.Delete(bench.Index, recursive: true);
        await CommandLine.RunAsync("chmod", "755", bench.Combine());
        if (Environment.IsPrivilegedProcess)
            await CommandLine.RunAsync("chown", "-R", "65534:65534", copy, place);

        var target = Path.Combine(place, "index");
        await CommandLine.RunAsNobodyAsync("verify", "--read-data", "-r", copy);
        await CommandLine.RunAsNobodyAsync("restore", "latest", target, "-r", copy);
        Assert.All(Directory.GetFileSystemEntries(target).Append(target), path => Assert.Equal(65534u, FileStatus.TryRead(path)!.UserId));
        Assert.Equal(state, await bench.ReadStateAsync(target));
    }
}
