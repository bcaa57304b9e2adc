using Segvault.Cli.Tests.Crashes;
using Segvault.Testing;
using Xunit;

namespace Segvault.Cli.Tests.PowerLoss;

/// <summary>The power goes while an archive is made: there is none, or a whole one; and a whole one once that was said.</summary>
public sealed class ArchivePowerLoss : PowerLossTest
{
    private string Index => Aside("index");

    [Fact]
    public async Task An_archive_is_absent_or_whole()
    {
        var index = TantivyFiles.Create(Index, segments: 2, bytesPerFile: 400);
        var content = DirectoryContent.Of(index);
        var record = Record();
        await record.RunAsync("archive", "create", Index, World("new", "archives"), "--quiet");

        var unneeded = await CutAsync(record, EnsureAbsentOrWholeAsync);

        Assert.Equal([], unneeded);

        async Task EnsureAbsentOrWholeAsync(IReadOnlyList<string> reported)
        {
            var archives = Image("new", "archives");
            var found = Directory.Exists(archives) ? Directory.GetFiles(archives, "backup_*") : [];
            Assert.InRange(found.Length, reported.Count, 1);
            foreach (var archive in found)
                await EnsureWholeAsync(archive, content);
            await CrashBench.MustAsync("archive", "create", Index, archives);
            Assert.Equal(found.Length + 1, Directory.GetFiles(archives).Length);
        }
    }

    private async Task EnsureWholeAsync(string archive, DirectoryContent content)
    {
        var target = Aside("restored");
        if (Directory.Exists(target))
            Directory.Delete(target, recursive: true);
        await CrashBench.MustAsync("archive", "restore", archive, target);
        Assert.Equal(content, DirectoryContent.Of(target));
    }
}
