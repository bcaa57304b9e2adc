using Segvault.Testing;
using Xunit;

namespace Segvault.Package.Tests;

/// <summary>The command as it is built for Windows, run by Wine, on indexes that the real Tantivy made and opens again.</summary>
[Trait("needs", "wine")]
public sealed class WindowsProgramTests(Packages packages) : IDisposable
{
    private readonly TempDirectory _directory = new();

    private string Index => _directory.Combine("index");

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task The_program_for_Windows_backs_up_and_restores_an_index_that_the_engine_then_opens()
    {
        var before = await RealIndex.CreateAsync(Index);

        await (await StartAsync()).BackUpLoseAndRestoreAsync(Index, before.Count);

        Assert.Equal(before, await ReadStateAsync());
    }

    [Fact]
    public async Task The_program_for_Windows_replaces_a_newer_index_by_an_older_one_and_back()
    {
        var program = await StartAsync();
        var older = await RealIndex.CreateAsync(Index);
        await program.RunAsync("init");
        var first = await program.RunAsync("backup", program.NameOf(Index));
        var newer = await RealIndex.GrowAsync(Index);
        var second = await program.RunAsync("backup", program.NameOf(Index));
        Assert.Equal("incremental", second.GetProperty("backupType").GetString());

        await program.RunAsync("restore", first.GetProperty("backup").GetString()!, program.NameOf(Index), "--replace");
        Assert.Equal(older, await ReadStateAsync());
        await program.RunAsync("restore", second.GetProperty("backup").GetString()!, program.NameOf(Index), "--replace");
        Assert.Equal(newer, await ReadStateAsync());
        Assert.Empty((await program.RunAsync("inspect", program.NameOf(Index))).GetProperty("problems").EnumerateArray());
    }

    [Fact]
    public async Task Archives_made_by_either_program_are_restored_by_the_other()
    {
        var windows = await StartAsync();
        var linux = new SegvaultProgram(await packages.GetNativeProgramAsync(), _directory.Combine("unused"));
        foreach (var (maker, restorer) in new[] { (windows, linux), (linux, windows) })
        {
            var (index, archives, target) = (_directory.Combine("made"), _directory.Combine("archives"), _directory.Combine("target"));
            var before = await RealIndex.CreateAsync(index);
            var after = before;

            var (full, incremental) = await maker.ArchiveTwiceAsync(index, async () => after = await RealIndex.GrowAsync(index), archives);

            await restorer.RunAsync("archive", "restore", restorer.NameOf(Path.Combine(archives, full)), restorer.NameOf(target));
            Assert.Equal(before, await TantivyHost.ReadStateAsync(target, TestContext.Current.CancellationToken));
            await restorer.RunAsync("archive", "restore", restorer.NameOf(Path.Combine(archives, incremental)), restorer.NameOf(target), "--replace");
            Assert.Equal(after, await TantivyHost.ReadStateAsync(target, TestContext.Current.CancellationToken));
            foreach (var directory in new[] { index, archives, target })
                Directory.Delete(directory, recursive: true);
        }
    }

    private async Task<SegvaultProgram> StartAsync()
    {
        Assert.SkipUnless(Environment.GetEnvironmentVariable("SEGVAULT_WINE") == "1", "./test --full runs this; so does SEGVAULT_WINE=1.");
        var path = await packages.GetWindowsProgramAsync();

        // Wine's drive Z is the root of the file system.
        return new SegvaultProgram([RepositoryRoot.Combine("eng", "wine"), "run", path], _directory.Combine("repository")) { NameOf = name => "Z:" + name };
    }

    private Task<IndexState> ReadStateAsync() => TantivyHost.ReadStateAsync(Index, TestContext.Current.CancellationToken);
}
