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
}
