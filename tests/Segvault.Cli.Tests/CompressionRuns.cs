using Segvault.Cli.Tests.BadInput;
using Segvault.Testing;
using Xunit;

namespace Segvault.Cli.Tests;

/// <summary>What <c>backup --compression</c> says is what is done.</summary>
public sealed class CompressionRuns : BadInputTest
{
    [Fact]
    public async Task Every_way_stores_less_than_the_one_before_and_comes_back_alike()
    {
        var files = TantivyFiles.Create(Index, segments: 1);
        File.WriteAllBytes(files.PathOf(files.Segments[0].Id + ".store"), files.AddFooter(DocStore.Join(DocStore.MakeBlocks(new Random(1), 200))));
        await MustAsync("init");
        var stored = new List<long>();
        foreach (var compression in new[] { "fast", "auto", "max" })
        {
            var backup = await MustAsync("backup", Index, "--full", "--compression", compression);
            stored.Add(backup.GetProperty("bytesStored").GetInt64());
            var target = PathOf(compression);
            await MustAsync("restore", backup.GetProperty("backup").GetString()!, target);
            Assert.Equal(DirectoryContent.Of(files), DirectoryContent.Of(target));
        }

        TestContext.Current.SendDiagnosticMessage($"fast, auto, max: {string.Join(", ", stored)} bytes");
        Assert.Equal(stored.OrderDescending(), stored);
        Assert.InRange(stored[1], 1, stored[0] * 9 / 10);
        var unsaid = await MustAsync("backup", Index, "--full");
        Assert.InRange(unsaid.GetProperty("bytesStored").GetInt64(), stored[1] - 2000, stored[1] + 2000);
    }
}
