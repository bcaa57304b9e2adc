using System.Diagnostics;
using System.Text.Json;
using Segvault.Testing;
using Xunit;

namespace Segvault.Cli.Tests;

/// <summary>The shell commands in docs/archives.md make, open and check archives without Segvault; here they do.</summary>
public sealed class ArchivesByHand : IDisposable
{
    private const string Page = "docs/archives.md";

    private readonly TempDirectory _directory = new();
    private readonly TantivyFiles _files;

    public ArchivesByHand()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "The commands are for a Unix shell.");
        foreach (var program in (string[])["tar", "sha256sum", "python3", "bash"])
        {
            TestBench.Require(TestBench.FindProgram(program) is not null, $"{program} is not installed");
        }

        _files = TantivyFiles.Create(Index, segments: 2, bytesPerFile: 2000);
    }

    private string Index => _directory.Combine("products");

    private string Archives => _directory.Combine("archives");

    private string Target => _directory.Combine("restored");

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task One_that_was_made_by_hand_is_verified_listed_restored_and_imported()
    {
        var archive = Path.Combine(Directory.CreateDirectory(Archives).FullName, "products.tar.gz");
        await ShellAsync("### Make one", archive, index: Index);

        await MustAsync("archive", "verify", archive);
        var listed = Assert.Single((await MustAsync("archive", "list", Archives)).GetProperty("backups").EnumerateArray());
        Assert.Equal(("products", "full", _files.Documents), (listed.GetProperty("name").GetString(), listed.GetProperty("backupType").GetString(), listed.GetProperty("documents").GetInt64()));
        var restored = await MustAsync("archive", "restore", archive, Target);
        Assert.Equal(_files.Documents, restored.GetProperty("documents").GetInt64());
        Assert.Equal(DirectoryContent.Of(_files), DirectoryContent.Of(Target));
        await MustAsync("init", "-r", _directory.Combine("repository"));
        var imported = await MustAsync("import", archive, "-r", _directory.Combine("repository"));
        Assert.Equal(_files.Documents, imported.GetProperty("documents").GetInt64());

        // And incremental ones rest on it.
        _files.AddSegment(10);
        _files.WriteMeta();
        var incremental = await MustAsync("archive", "create", Index, Archives, "--incremental");
        Assert.Equal("products.tar.gz", incremental.GetProperty("base").GetString());
        await MustAsync("archive", "restore", incremental.GetProperty("archive").GetString()!, Target, "--replace");
        Assert.Equal(DirectoryContent.Of(_files), DirectoryContent.Of(Target));
    }

    [Fact]
    public async Task A_full_one_is_opened_and_checked_by_hand()
    {
        var archive = (await MustAsync("archive", "create", Index, Archives)).GetProperty("archive").GetString()!;
        await ShellAsync("### Open a full one", archive);

        Assert.Equal(DirectoryContent.Of(_files), DirectoryContent.Of(Target));
        await AssertCheckedAsync(archive);
        Assert.Empty((await MustAsync("inspect", Target)).GetProperty("problems").EnumerateArray());
    }

    [Theory]
    [InlineData("tar.gz")]
    [InlineData("tar.zst")]
    public async Task An_incremental_one_is_opened_and_checked_by_hand(string format)
    {
        TestBench.Require(format == "tar.gz" || TestBench.FindProgram("zstd") is not null, "zstd is not installed");
        await MustAsync("archive", "create", Index, Archives, "--format", format);
        string archive = "";
        for (var step = 0; step < 3; step++)
        {
            _files.AddSegment(20);
            _files.AddDelete(_files.Segments[1], 1);
            _files.RemoveSegment(_files.Segments[0]);
            _files.WriteMeta();
            _files.CollectGarbage();
            _files.WriteMeta();
            archive = (await MustAsync("archive", "create", Index, Archives, "--incremental", "--format", format)).GetProperty("archive").GetString()!;
        }

        await ShellAsync("### Open an incremental one", archive);
        Assert.Equal(DirectoryContent.Of(_files), DirectoryContent.Of(Target));
        await AssertCheckedAsync(archive);
        var inspected = await MustAsync("inspect", Target);
        Assert.Equal((_files.Documents, 0), (inspected.GetProperty("documents").GetInt64(), inspected.GetProperty("orphanFiles").GetInt32()));
    }

    private async Task AssertCheckedAsync(string archive)
    {
        var lines = (await ShellAsync("### Check what you opened", archive)).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(2, lines.Length);
        Assert.Equal(lines[0], lines[1]);
        var victim = Directory.GetFiles(Target, "*.idx")[0];
        await File.AppendAllTextAsync(victim, "x", Token);
        lines = (await ShellAsync("### Check what you opened", archive)).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.NotEqual(lines[0], lines[1]);
        var bytes = await File.ReadAllBytesAsync(victim, Token);
        await File.WriteAllBytesAsync(victim, bytes[..^1], Token);
    }

    private async Task<string> ShellAsync(string heading, string archive, string? index = null)
    {
        var start = new ProcessStartInfo("bash", ["-euo", "pipefail", "-c", CodeBlocks.Read(Page, heading, "sh")])
        {
            WorkingDirectory = _directory.Path,
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["archive"] = archive;
        start.Environment["target"] = Target;
        start.Environment["index"] = index;
        start.Environment["TMPDIR"] = Directory.CreateDirectory(_directory.Combine("temporary")).FullName;
        using var shell = Process.Start(start)!;
        var error = shell.StandardError.ReadToEndAsync(Token);
        var output = await shell.StandardOutput.ReadToEndAsync(Token);
        await shell.WaitForExitAsync(Token);
        Assert.True(shell.ExitCode == 0, $"{heading} ended with {shell.ExitCode}:\n{output}{await error}");
        return output;
    }

    private static async Task<JsonElement> MustAsync(params IReadOnlyList<string> arguments) =>
        (await SegvaultProcess.RunAsync([.. arguments, "--json"])).MustExit(0).Summary;
}
