using System.Collections.Immutable;

namespace Segvault.Engines.Tantivy;

/// <summary>One committed state: <c>meta.json</c> and all files of the segments that it names.</summary>
internal sealed class TantivyCommit : IndexCommit
{
    private readonly ImmutableArray<MetaSegment> _segments;
    private readonly Dictionary<string, MetaSegment> _byId;

    public TantivyCommit(MetaFile meta)
    {
        _segments = meta.Segments;
        _byId = meta.Segments.ToDictionary(segment => segment.Id, StringComparer.Ordinal);
        Segments = [.. meta.Segments.Select(segment => new SegmentSummary(segment.Id, segment.MaxDoc - segment.Deleted, segment.Deleted))];
    }

    public override ImmutableArray<SegmentSummary> Segments { get; }

    public override bool IsLive(string fileName)
    {
        if (fileName == TantivyFileName.Meta)
            return true;
        if (!TantivyFileName.TrySplit(fileName, out string id, out string component) || !_byId.TryGetValue(id, out var segment))
            return false;
        return TantivyFileName.Classify(fileName) switch
        {
            EngineFileRole.WriteOnce => true,
            EngineFileRole.Replaceable => component == segment.DeletesComponent,
            _ => false,
        };
    }

    public override string? SegmentOf(string fileName) => TantivyFileName.TrySplit(fileName, out string id, out _) ? id : null;

    /// <summary>Stores compressed otherwise, or not at all, do not read as LZ4 blocks, and that is soon found out.</summary>
    public override ContentLayout LayoutOf(string fileName) => TantivyFileName.TrySplit(fileName, out _, out string component) ? component switch
    {
        "store" => ContentLayout.Lz4Blocks,
        "pos" => ContentLayout.PackedPositions,
        _ => ContentLayout.Opaque,
    }
    : ContentLayout.Opaque;

    public override ImmutableArray<string> FindMissing(IReadOnlySet<string> present)
    {
        var missing = ImmutableArray.CreateBuilder<string>();
        if (!present.Contains(TantivyFileName.Meta))
            missing.Add(TantivyFileName.Meta);
        foreach (var segment in _segments)
        {
            IEnumerable<string> components = segment.Deleted > 0
                ? [.. TantivyFileName.RequiredComponents, segment.DeletesComponent!]
                : TantivyFileName.RequiredComponents;
            missing.AddRange(components.Select(component => $"{segment.Id}.{component}").Where(name => !present.Contains(name)));
        }

        return missing.ToImmutable();
    }

    public override ContentCheck CheckContent(string fileName, long length)
    {
        switch (TantivyFileName.Classify(fileName))
        {
            case EngineFileRole.Commit:
                return new MetaContentCheck(length);
            case EngineFileRole.WriteOnce:
                return new TantivyContentCheck(length, null);
            case EngineFileRole.Replaceable when IsLive(fileName):
                var segment = _byId[SegmentOf(fileName)!];
                return new TantivyContentCheck(length, new AliveDocumentsCheck(segment.MaxDoc, segment.MaxDoc - segment.Deleted));
            case EngineFileRole.Replaceable:
                return new TantivyContentCheck(length, null);
            default:
                return new NoContentCheck();
        }
    }
}
