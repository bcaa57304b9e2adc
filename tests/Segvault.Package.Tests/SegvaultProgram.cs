using System.Text.Json;
using Xunit;

namespace Segvault.Package.Tests;

/// <summary>An installed or published command, with a repository.</summary>
/// <param name="command">The program, or another one that runs it and what that needs to know.</param>
/// <param name="repository">A directory that does not exist yet.</param>
internal sealed class SegvaultProgram(IReadOnlyList<string> command, string repository)
{
    public SegvaultProgram(string path, string repository)
        : this([path], repository)
    {
    }

    /// <summary>What the program calls a path of ours; the same by default.</summary>
    public Func<string, string> NameOf { get; init; } = path => path;

    /// <summary>Runs a command that must succeed, and returns its summary.</summary>
    public async Task<JsonElement> RunAsync(params IReadOnlyList<string> arguments)
    {
        var output = await Shell.RunAsync(
            AppContext.BaseDirectory, [.. command, .. arguments, "-r", NameOf(repository), "--json"], cancellationToken: TestContext.Current.CancellationToken);
        var last = JsonDocument.Parse(output.TrimEnd().Split('\n')[^1]).RootElement;
        Assert.Equal("summary", last.GetProperty("type").GetString());
        return last;
    }

    /// <summary>Takes the first backup of an index, lists and verifies it, deletes the index and restores it to where it was.</summary>
    public async Task BackUpLoseAndRestoreAsync(string index, long documents)
    {
        Assert.True((await RunAsync("init")).GetProperty("created").GetBoolean());
        var taken = await RunAsync("backup", NameOf(index));
        Assert.Equal(documents, taken.GetProperty("documents").GetInt64());

        var listed = Assert.Single((await RunAsync("list")).GetProperty("backups").EnumerateArray());
        Assert.Equal(taken.GetProperty("backup").GetString(), listed.GetProperty("id").GetString());
        Assert.Empty((await RunAsync("verify", "--read-data")).GetProperty("problems").EnumerateArray());

        Directory.Delete(index, recursive: true);
        Assert.Equal(documents, (await RunAsync("restore", "latest", NameOf(index))).GetProperty("documents").GetInt64());
    }

    /// <summary>Makes a full archive of an index, changes the index, makes an incremental one, and reads all of both.</summary>
    /// <returns>The file names of the two.</returns>
    public async Task<(string Full, string Incremental)> ArchiveTwiceAsync(string index, Func<Task> change, string archives)
    {
        var full = await RunAsync("archive", "create", NameOf(index), NameOf(archives));
        await change();
        var incremental = await RunAsync("archive", "create", NameOf(index), NameOf(archives), "--incremental");
        Assert.Equal("incremental", incremental.GetProperty("backupType").GetString());
        Assert.Equal(2, (await RunAsync("archive", "list", NameOf(archives))).GetProperty("backups").GetArrayLength());
        Assert.Empty((await RunAsync("archive", "verify", NameOf(archives))).GetProperty("problems").EnumerateArray());
        return (FileNameOf(full), FileNameOf(incremental));

        // With the separators of whatever system it ran on.
        static string FileNameOf(JsonElement made) => made.GetProperty("archive").GetString()!.Split('/', '\\')[^1];
    }
}
