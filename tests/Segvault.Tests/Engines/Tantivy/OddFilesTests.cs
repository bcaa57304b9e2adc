using System.Diagnostics;
using Segvault.Engines.Tantivy;
using Segvault.Testing;
using Xunit;

namespace Segvault.Tests.Engines.Tantivy;

public sealed class OddFilesTests : IDisposable
{
    private readonly TempDirectory _directory = new();
    private readonly TantivyEngine _engine = new();

    [Theory]
    [InlineData(int.MaxValue)]
    [InlineData(0)]
    public async Task Links_pipes_and_directories_in_place_of_files_are_named_and_not_opened(int maxOpenFiles)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows has no FIFOs.");
        var files = TantivyFiles.Create(_directory.Combine("index"));
        string id = files.Segments[0].Id;
        File.WriteAllText(_directory.Combine("secret"), "secret");
        foreach (string component in (string[])["term", "idx", "pos"])
            File.Delete(files.PathOf($"{id}.{component}"));
        File.CreateSymbolicLink(files.PathOf(id + ".term"), _directory.Combine("secret"));
        await MakeFifoAsync(files.PathOf(id + ".idx"));
        Directory.CreateDirectory(files.PathOf(id + ".pos"));

        await using var snapshot = await _engine.PinTestAsync(files.Directory, new() { MaxOpenFiles = maxOpenFiles });
        Assert.Equal(
            [$"{id}.idx is a FIFO, socket or device, not a regular file", $"{id}.pos is a directory, not a regular file", $"{id}.term is a symbolic link, not a regular file"],
            snapshot.Problems.Select(problem => $"{problem.File} {problem.Problem}"));
        Assert.Equal(files.LiveFiles.Count - 3, snapshot.Files.Length);
    }

    [Fact]
    public async Task A_pipe_in_place_of_meta_json_is_damage_and_not_waited_for()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows has no FIFOs.");
        var files = TantivyFiles.Create(_directory.Path, segments: 1);
        File.Delete(files.PathOf("meta.json"));
        await MakeFifoAsync(files.PathOf("meta.json"));
        var thrown = await Assert.ThrowsAsync<DamageException>(async () => await _engine.PinTestAsync(files.Directory));
        Assert.Contains("is a FIFO, socket or device, not a regular file", thrown.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Foreign_names_of_every_sort_are_listed_as_they_are()
    {
        var files = TantivyFiles.Create(_directory.Path, segments: 1);
        string[] names =
            OperatingSystem.IsWindows()
            ? [" a b ", "ünï-日本", new string('x', 200)]
            : [" a b ", "line\nbreak", "tab\t\"quote\"\\", "ünï-日本-🐙", new string('x', 255), "-rf", "CON"];
        foreach (string name in names)
            File.WriteAllText(files.PathOf(name), "");
        Directory.CreateDirectory(files.PathOf("sub directory"));
        await using var snapshot = await _engine.PinTestAsync(_directory.Path);
        Assert.Equal(names.Append("sub directory").Order(StringComparer.Ordinal), snapshot.ForeignFiles);
        Assert.Equal(files.LiveFiles, snapshot.Files.Select(file => file.Path));
    }

    public void Dispose() => _directory.Dispose();

    private static async Task MakeFifoAsync(string path)
    {
        using var process = Process.Start("mkfifo", [path]);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.Equal(0, process.ExitCode);
    }
}
