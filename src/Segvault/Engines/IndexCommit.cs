using System.Collections.Immutable;

namespace Segvault.Engines;

/// <summary>One committed state of an index, as the engine's commit file describes it.</summary>
public abstract class IndexCommit
{
    /// <summary>Segments, in the commit file's order.</summary>
    public abstract ImmutableArray<SegmentSummary> Segments { get; }

    /// <summary>Documents that a search can find.</summary>
    public long Documents => Segments.Sum(segment => segment.Documents);

    /// <summary>Documents deleted and not yet merged away.</summary>
    public long DeletedDocuments => Segments.Sum(segment => segment.DeletedDocuments);

    /// <summary>True when a file of this name belongs to this state.</summary>
    public abstract bool IsLive(string fileName);

    /// <summary>The segment that a file belongs to; null for files of the whole index.</summary>
    public abstract string? SegmentOf(string fileName);

    /// <summary>How a file's bytes are laid out, from its name alone.</summary>
    public virtual ContentLayout LayoutOf(string fileName) => ContentLayout.Opaque;

    /// <summary>The files without which the engine could not open or fully search this state, that are not among <paramref name="present"/>.</summary>
    public abstract ImmutableArray<string> FindMissing(IReadOnlySet<string> present);

    /// <summary>Starts the engine's own check of one file's content, to be fed while the file is read or written anyway.</summary>
    public abstract ContentCheck CheckContent(string fileName, long length);
}

/// <summary>The engine's check of one file, fed with the file's bytes in order.</summary>
public abstract class ContentCheck
{
    /// <summary>Takes the next bytes of the file.</summary>
    public abstract void Append(ReadOnlySpan<byte> bytes);

    /// <summary>Ends the check; null when the file is good, else what is wrong with it, as the end of a sentence that begins with its name.</summary>
    public abstract string? Complete();

    /// <summary>The engine's whole footer, byte for byte, once <see cref="Complete"/> was called; empty when the file has none.</summary>
    public abstract ImmutableArray<byte> Footer { get; }
}
