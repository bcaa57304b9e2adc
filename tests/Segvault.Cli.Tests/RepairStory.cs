using Segvault.Cli.Tests.BadInput;
using Segvault.Testing;
using Xunit;

namespace Segvault.Cli.Tests;

/// <summary>A repository is mended by real processes.</summary>
public sealed class RepairStory : BadInputTest
{
    [Fact]
    public async Task A_repository_without_its_descriptor_is_neither_opened_nor_made_anew_until_it_is_repaired()
    {
        TantivyFiles.Create(Index);
        await MustAsync("init");
        var backup = (await MustAsync("backup", Index)).GetProperty("backup").GetString()!;
        var descriptor = Path.Combine(Repository, "segvault.json");
        var before = await File.ReadAllTextAsync(descriptor, TestContext.Current.CancellationToken);
        File.Delete(descriptor);
        foreach (var command in new[] { ["init"], ["list"], ["backup", Index], ["restore", backup, Target], new[] { "verify" } })
        {
            var hint = (await FailAsync(ExitCodes.Damaged, ErrorCode.RepositoryDamaged, "segvault.json", command)).GetProperty("hint").GetString()!;
            Assert.Contains("verify --repair", hint, StringComparison.Ordinal);
        }

        (await RunAsync("verify", "--repair", "--dry-run")).MustExit(ExitCodes.Repaired);
        Assert.False(File.Exists(descriptor));
        var problem = Assert.Single((await RunAsync("verify", "--repair")).MustExit(ExitCodes.Repaired).Summary.GetProperty("problems").EnumerateArray().ToList());
        Assert.Equal("segvault.json", problem.GetProperty("object").GetString());
        Assert.True(problem.GetProperty("repaired").GetBoolean());
        Assert.Equal(Id(before), Id(await File.ReadAllTextAsync(descriptor, TestContext.Current.CancellationToken)));
        await MustAsync("verify", "--read-data");
        await MustAsync("restore", backup, Target);
    }

    private static string Id(string descriptor) => descriptor.Split('\n').Single(line => line.Contains("\"id\"", StringComparison.Ordinal));
}
