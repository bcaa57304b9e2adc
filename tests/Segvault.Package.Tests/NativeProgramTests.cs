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
        var path = _directory.Combine("index");
        IndexState before;
        await using (var host = TantivyHost.Start())
        {
            var index = await host.CreateAsync(path, cancellationToken: TestContext.Current.CancellationToken);
            await index.AddAsync(1, 500, cancellationToken: TestContext.Current.CancellationToken);
            await index.CommitAsync(TestContext.Current.CancellationToken);
            await index.DeleteAsync([3, 5, 8], TestContext.Current.CancellationToken);
            await index.CommitAsync(TestContext.Current.CancellationToken);
            await index.CloseWriterAsync(TestContext.Current.CancellationToken);
            before = await TantivyHost.ReadStateAsync(path, TestContext.Current.CancellationToken);
        }

        Assert.Equal(497, before.Count);
        var program = await packages.GetNativeProgramAsync();
        Console.WriteLine($"  {Path.GetFileName(program)}, native: {new FileInfo(program).Length:N0} bytes");
        await new SegvaultProgram(program, _directory.Combine("repository")).BackUpLoseAndRestoreAsync(path, before.Count);
        Assert.Equal(before, await TantivyHost.ReadStateAsync(path, TestContext.Current.CancellationToken));
    }
}
