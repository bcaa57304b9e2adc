using Segvault.Engines;
using Xunit;

namespace Segvault.Tests.Engines.Tantivy;

internal static class SnapshotReading
{
    public static byte[] ReadAll(this PinnedSnapshot snapshot, SnapshotFile file)
    {
        using var content = snapshot.OpenRead(file);
        byte[] bytes = new byte[file.Length + 1];
        int length = 0;
        while (content.Read(length, bytes.AsSpan(length)) is > 0 and var read)
            length += read;
        return bytes[..length];
    }

    /// <summary>Every file passes the engine's check, and none is missing.</summary>
    public static void AssertGood(this PinnedSnapshot snapshot)
    {
        Assert.Empty(snapshot.Problems);
        Assert.Empty(snapshot.Commit.FindMissing(snapshot.Files.Select(file => file.Path).ToHashSet(StringComparer.Ordinal)));
        foreach (var file in snapshot.Files)
        {
            byte[] content = snapshot.ReadAll(file);
            var check = snapshot.Commit.CheckContent(file.Path, file.Length);
            check.Append(content);
            Assert.Null(check.Complete());
            Assert.Equal(file.Footer, check.Footer);
        }
    }
}

internal static class EngineCalls
{
    public static ValueTask<PinnedSnapshot> PinTestAsync(this IndexEngine engine, string directory, PinOptions? options = null) =>
        engine.PinAsync(directory, options ?? new PinOptions(), TestContext.Current.CancellationToken);

    public static ValueTask<IndexInspection> InspectTestAsync(
        this IndexEngine engine, string directory, bool readContent, IProgress<OperationProgress>? progress = null) =>
        engine.InspectAsync(directory, readContent, progress, TestContext.Current.CancellationToken);
}
