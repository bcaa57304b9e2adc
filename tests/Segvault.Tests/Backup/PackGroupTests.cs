using Segvault.Backup;
using Segvault.Engines;
using Xunit;

namespace Segvault.Tests.Backup;

/// <summary>What is known of a file's layout decides how it is cut only where a merge takes parts of it along.</summary>
public sealed class PackGroupTests
{
    private const long Large = 20_000_000;

    [Fact]
    public void Only_large_document_stores_are_cut_by_content_and_apart_from_the_rest_of_their_segment()
    {
        var groups = PackGroup.Arrange([File("a.store", Large), File("a.pos", Large), File("a.idx", Large), File("b.store", 1000), File("b.pos", 1000)], LayoutOf);
        Assert.Equal(
            ["b.store b.pos", "a.store by content", "a.pos a.idx"],
            groups.Select(group => string.Join(' ', group.Files.Select(file => file.Path)) + (group.IsCutByContent ? " by content" : "")));
    }

    [Theory]
    [InlineData(ContentLayout.Lz4Blocks, true, PackGroup.SmallestCutByContent, true)]
    [InlineData(ContentLayout.Lz4Blocks, true, PackGroup.SmallestCutByContent - 1, false)]
    [InlineData(ContentLayout.Lz4Blocks, false, Large, false)]
    [InlineData(ContentLayout.PackedPositions, true, Large, false)]
    [InlineData(ContentLayout.Opaque, true, Large, false)]
    public void Cutting_by_content_takes_a_large_file_of_blocks_that_stays_as_it_is(ContentLayout layout, bool writeOnce, long length, bool expected) =>
        Assert.Equal(expected, PackGroup.CutsByContent(writeOnce, length, layout));

    private static ContentLayout LayoutOf(string path) => Path.GetExtension(path) switch
    {
        ".store" => ContentLayout.Lz4Blocks,
        ".pos" => ContentLayout.PackedPositions,
        _ => ContentLayout.Opaque,
    };

    private static SnapshotFile File(string path, long length) =>
        new() { Path = path, Role = EngineFileRole.WriteOnce, Length = length, ModifiedAt = default, Segment = path[..1] };
}
