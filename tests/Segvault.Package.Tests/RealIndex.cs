using Segvault.Testing;
using Xunit;

namespace Segvault.Package.Tests;

/// <summary>A small index that the real Tantivy made, with documents deleted.</summary>
internal static class RealIndex
{
    public static async Task<IndexState> CreateAsync(string directory)
    {
        await using var host = TantivyHost.Start();
        var index = await host.CreateAsync(directory, cancellationToken: TestContext.Current.CancellationToken);
        await AddAsync(index, 1);
        return await TantivyHost.ReadStateAsync(directory, TestContext.Current.CancellationToken);
    }

    /// <summary>Adds as many documents again.</summary>
    public static async Task<IndexState> GrowAsync(string directory)
    {
        await using var host = TantivyHost.Start();
        await AddAsync(await host.OpenAsync(directory, cancellationToken: TestContext.Current.CancellationToken), 1001);
        return await TantivyHost.ReadStateAsync(directory, TestContext.Current.CancellationToken);
    }

    private static async Task AddAsync(TantivyIndex index, long from)
    {
        await index.AddAsync(from, 500, cancellationToken: TestContext.Current.CancellationToken);
        await index.CommitAsync(TestContext.Current.CancellationToken);
        await index.DeleteAsync([from + 3, from + 5, from + 8], TestContext.Current.CancellationToken);
        await index.CommitAsync(TestContext.Current.CancellationToken);
        await index.CloseWriterAsync(TestContext.Current.CancellationToken);
    }
}
