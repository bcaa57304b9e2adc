using Segvault.Testing;
using Xunit;

namespace Segvault.Package.Tests;

/// <summary>The command as one native file, on an index that the real Tantivy made.</summary>
public sealed class NativeProgramTests(Packages packages) : IDisposable
{
    private readonly TempDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task The_native_program_backs_up_and_restores_an_index_that_the_engine_then_opens()
    {
        var index = _directory.Combine("index");
        var before = await RealIndex.CreateAsync(index);
        Assert.Equal(497, before.Count);
        var program = await packages.GetNativeProgramAsync();
        Console.WriteLine($"  {Path.GetFileName(program)}, native: {new FileInfo(program).Length:N0} bytes");

        await new SegvaultProgram(program, _directory.Combine("repository")).BackUpLoseAndRestoreAsync(index, before.Count);

        Assert.Equal(before, await TantivyHost.ReadStateAsync(index, TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task The_native_program_makes_and_restores_archives()
    {
        var index = _directory.Combine("index");
        var before = await RealIndex.CreateAsync(index);
        var after = before;
        var program = new SegvaultProgram(await packages.GetNativeProgramAsync(), _directory.Combine("repository"));

        var (full, incremental) = await program.ArchiveTwiceAsync(index, async () => after = await RealIndex.GrowAsync(index), _directory.Combine("archives"));

        foreach (var (name, state) in new[] { (full, before), (incremental, after) })
        {
            var target = _directory.Combine($"restored-{name}");
            await program.RunAsync("archive", "restore", _directory.Combine("archives", name), target);
            Assert.Equal(state, await TantivyHost.ReadStateAsync(target, TestContext.Current.CancellationToken));
        }
    }
}
