using System.Diagnostics;
using Segvault.Testing;
using Xunit;

namespace Segvault.Cli.Tests.Crashes;

/// <summary>A place in which a command is run again and again, each time in the state before it.</summary>
internal sealed class CrashBench : IDisposable
{
    private readonly TempDirectory _directory = TempDirectory.InMemory();

    public CrashBench() => Directory.CreateDirectory(Place());

    /// <inheritdoc cref="TempDirectory.DamagedBecause"/>
    public string? DamagedBecause
    {
        get => _directory.DamagedBecause;
        set => _directory.DamagedBecause = value;
    }

    /// <summary>Where the command is run.</summary>
    public string Place(params ReadOnlySpan<string> parts) => _directory.Combine(["place", .. parts]);

    /// <summary>A path beside it, for what is compared with.</summary>
    public string Aside(params ReadOnlySpan<string> parts) => _directory.Combine(["aside", .. parts]);

    /// <summary>Keeps what is there now as the state before the command.</summary>
    public void Keep() => Directory.Move(Place(), _directory.Combine("kept"));

    /// <summary>Brings the state before the command back.</summary>
    public async Task ResetAsync()
    {
        // An engine that has the index open looks at it now and then, and makes a lock file there: what it does not find there it leaves alone.
        if (Directory.Exists(Place()))
        {
            Directory.Move(Place(), _directory.Combine("gone"));
            Directory.Delete(_directory.Combine("gone"), recursive: true);
        }

        using var copy = Process.Start("cp", ["-a", _directory.Combine("kept"), Place()]);
        await copy.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.Equal(0, copy.ExitCode);
    }

    /// <summary>Runs a command that must succeed, in this process.</summary>
    public static async Task<SegvaultRun> MustAsync(params IReadOnlyList<string> arguments) => (await InProcess.RunAsync([.. arguments, "--json"])).MustExit(0);

    /// <summary>What a backup or archive restores to, byte by byte.</summary>
    public async Task<DirectoryContent> RestoreAsync(params IReadOnlyList<string> restore)
    {
        var target = Aside("restored");
        await MustAsync([.. restore, target]);
        Assert.Empty(await RestoreBench.FindProblemsAsync(target, TestContext.Current.CancellationToken));
        var content = DirectoryContent.Of(target);
        Directory.Delete(target, recursive: true);
        return content;
    }

    /// <summary>The files of an index, without those of a restore and of the application.</summary>
    public static SortedDictionary<string, string> IndexIn(string directory)
    {
        var picture = DirectoryPicture.Contents(directory);
        picture.Remove("config.toml");
        foreach (var own in picture.Keys.Where(name => name.StartsWith(".segvault", StringComparison.Ordinal)).ToList())
            picture.Remove(own);
        return picture;
    }

    /// <summary>The ids of the backups, the oldest first.</summary>
    public static async Task<IReadOnlyList<string>> ListAsync(string repository) =>
        [.. (await MustAsync("list", "-r", repository)).Summary.GetProperty("backups").EnumerateArray().Select(backup => backup.GetProperty("id").GetString()!)];

    public void Dispose() => _directory.Dispose();
}
