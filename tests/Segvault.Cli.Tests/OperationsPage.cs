using System.Diagnostics;
using Segvault.Testing;
using Xunit;

namespace Segvault.Cli.Tests;

/// <summary>The commands in docs/operations.md, run as they stand there, with other paths.</summary>
public sealed class OperationsPage : IDisposable
{
    private const string Page = "docs/operations.md";

    private readonly TempDirectory _directory = new();
    private readonly Dictionary<string, string> _replacements;
    private readonly TantivyFiles _files;

    public OperationsPage()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "The commands are for a Unix shell.");
        TestBench.Require(TestBench.FindProgram("bash") is not null, "bash is not installed");
        File.CreateSymbolicLink(Path.Combine(_directory.CreateDirectory("bin"), "segvault"), SegvaultProcess.Executable);
        _files = TantivyFiles.Create(Index, segments: 3, bytesPerFile: 3000);
        _directory.CreateDirectory("usb");
        _replacements = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["/usr/local/bin/"] = "",
            ["/srv/products/index"] = Index,
            ["/var/backups/search"] = _directory.Combine("repository"),
            ["/mnt/usb"] = _directory.Combine("usb"),
            ["/srv/"] = _directory.Path + "/",
        };
    }

    private string Index => _directory.Combine("products", "index");

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task The_jobs_of_every_scheduler_end_well()
    {
        await RunAsync(string.Join('\n', Lines("## The jobs", "sh")));
        foreach (var unit in Lines("### systemd", "ini").Where(line => line.StartsWith("ExecStart=", StringComparison.Ordinal)))
            await RunAsync(unit["ExecStart=".Length..].Replace("%%", "%", StringComparison.Ordinal));
        foreach (var line in Lines("### cron", "cron").Where(line => line.Contains(" segvault ", StringComparison.Ordinal)))
            await RunAsync(line[line.IndexOf(" segvault ", StringComparison.Ordinal)..]);
        var commands = Lines("### Kubernetes", "yaml").Where(line => line.TrimStart().StartsWith("command: ", StringComparison.Ordinal)).ToList();
        Assert.Equal(2, commands.Count);
        foreach (var command in commands)
            await RunAsync(string.Join(' ', command.Split('"').Where((_, i) => i % 2 == 1)));
        await RunAsync(CodeBlocks.Read(Page, "## What to alert on", "sh"));
    }

    [Fact]
    public async Task The_recipes_for_a_bad_day_do_what_they_say()
    {
        await RunAsync("segvault init\nsegvault backup /srv/products/index");
        var documents = _files.Documents;
        var before = DirectoryContent.Of(_files);

        // Files of a state that is younger than a day stand for yesterday's.
        _replacements["--at 24h"] = $"--at {DateTimeOffset.UtcNow:O}";
        _files.AddSegment(10);
        _files.WriteMeta();
        await RunAsync("segvault backup /srv/products/index");
        await RecipeAsync("### Yesterday's state, onto a running service");
        Assert.Equal(before, DirectoryContent.Of(Index));
        Assert.Single(Directory.GetDirectories(_directory.Combine("products"), "index.previous-*"));

        await RecipeAsync("### On another machine");
        Assert.Equal(documents + 10, await CountAsync(_directory.Combine("elsewhere", "index")));
        await RecipeAsync("### A container's volume");
        Assert.Equal(documents + 10, await CountAsync(Index));
        await RecipeAsync("### The disk is full");
        Assert.Equal(2, (await JsonAsync("segvault list")).GetProperty("backups").GetArrayLength());

        Directory.Delete(Index, recursive: true);
        TantivyFiles.Create(Index, segments: 0, bytesPerFile: 10).WriteMeta();
        await RunAsync("segvault backup /srv/products/index");
        Assert.Contains("lost-all-documents", await RecipeAsync("### The index was deleted, and the service made a new, empty one"), StringComparison.Ordinal);
        Assert.Equal(before, DirectoryContent.Of(Index));
    }

    [Fact]
    public async Task An_archive_whose_base_is_lost_is_restored_with_the_help_of_the_index()
    {
        await RunAsync("segvault archive create /srv/products/index /mnt/usb");
        _files.AddSegment(10);
        _files.WriteMeta();
        await RunAsync("segvault archive create /srv/products/index /mnt/usb --incremental");
        File.Delete(Directory.GetFiles(_directory.Combine("usb"), "backup_full_*")[0]);
        _replacements["backup_incr_20260102_030405.tar.gz"] = Path.GetFileName(Directory.GetFiles(_directory.Combine("usb"), "backup_incr_*")[0]);
        await RecipeAsync("### An archive is lost that others need");
        Assert.Equal(_files.Documents, await CountAsync(_directory.Combine("restored", "index")));
    }

    [Fact]
    public async Task A_damaged_repository_is_mended_from_the_index()
    {
        await RunAsync("segvault init\nsegvault backup /srv/products/index");
        var pack = Directory.GetFiles(_directory.Combine("repository", "packs"), "*", SearchOption.AllDirectories).MaxBy(path => new FileInfo(path).Length)!;
        await File.WriteAllBytesAsync(pack, (await File.ReadAllBytesAsync(pack, Token))[..^100], Token);
        var lines = CodeBlocks.Read(Page, "### The repository is damaged", "sh").Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(2, lines.Length);
        await RunAsync(lines[0], exit: 20);
        await RunAsync(lines[1], exit: 21);
        await RunAsync(lines[0]);
        await RunAsync("segvault restore latest /srv/restored/index");
        Assert.Equal(DirectoryContent.Of(_files), DirectoryContent.Of(_directory.Combine("restored", "index")));
    }

    private static IReadOnlyList<string> Lines(string heading, string language) => CodeBlocks.ReadAll(Page, heading, language);

    private Task<string> RecipeAsync(string heading) => RunAsync(CodeBlocks.Read(Page, heading, "sh"));

    private async Task<long> CountAsync(string index) => (await JsonAsync($"segvault inspect {index}")).GetProperty("documents").GetInt64();

    private async Task<System.Text.Json.JsonElement> JsonAsync(string command) =>
        System.Text.Json.JsonDocument.Parse((await RunAsync(command + " --json")).Split('\n', StringSplitOptions.RemoveEmptyEntries)[^1]).RootElement;

    /// <summary>Runs commands in a shell; returns what they printed.</summary>
    private async Task<string> RunAsync(string commands, int exit = 0)
    {
        foreach (var (there, here) in _replacements)
            commands = commands.Replace(there, here, StringComparison.Ordinal);
        var start = new ProcessStartInfo("bash", ["-euo", "pipefail", "-c", commands])
        {
            WorkingDirectory = _directory.Path,
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["SEGVAULT_REPOSITORY"] = _directory.Combine("repository");
        start.Environment["PATH"] = $"{_directory.Combine("bin")}:{Environment.GetEnvironmentVariable("PATH")}";
        start.Environment["TMPDIR"] = _directory.CreateDirectory("temporary");
        using var shell = Process.Start(start)!;
        var error = shell.StandardError.ReadToEndAsync(Token);
        var output = await shell.StandardOutput.ReadToEndAsync(Token);
        await shell.WaitForExitAsync(Token);
        Assert.True(shell.ExitCode == exit, $"{commands} ended with {shell.ExitCode}:\n{output}{await error}");
        return output + await error;
    }
}
