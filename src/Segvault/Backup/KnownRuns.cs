using System.Buffers;
using Segvault.Chunks;
using Segvault.Chunks.Positions;

namespace Segvault.Backup;

/// <summary>
/// Decides which chunks of one file are referred to where they are, and which are stored: only a long run of neighbours is worth a reference, or
/// files would be scattered over ever more packs. Chunks are held back until their run is long enough.
/// </summary>
internal sealed class KnownRuns(KnownChunks known)
{
    /// <summary>The shortest run that is referred to, in bytes of content.</summary>
    public const int ShortestRun = 1024 * 1024;

    private readonly List<CutChunk> _held = [];
    private KnownChunk? _last;
    private long _length;

    /// <summary>Takes the next chunk; returns those that are decided now, in their order.</summary>
    public IReadOnlyList<CutChunk> Add(byte[] plain, int length, ChunkId id)
    {
        var ready = new List<CutChunk>();
        var place = _last is { } last ? known.FindBehind(last, id) : null;
        if (place is null)
        {
            ready.AddRange(Complete());
            place = known.Find(id);
        }

        if (place is not { } found)
        {
            ready.Add(new CutChunk(plain, length, id, null));
            return ready;
        }

        _last = found;
        _length += length;
        _held.Add(new CutChunk(plain, length, id, found));
        if (_length < ShortestRun)
            return ready;
        foreach (var chunk in _held)
        {
            ArrayPool<byte>.Shared.Return(chunk.Plain!);
            ready.Add(chunk with { Plain = null });
        }

        _held.Clear();
        return ready;
    }

    /// <summary>Ends the run: what is held back is too little to refer to.</summary>
    public IReadOnlyList<CutChunk> Complete()
    {
        CutChunk[] ready = [.. _held.Select(chunk => chunk with { Known = null })];
        _held.Clear();
        _last = null;
        _length = 0;
        return ready;
    }
}

/// <summary>A chunk of a file.</summary>
/// <param name="Plain">Its content in a rented buffer; null when it is referred to.</param>
/// <param name="Length">Length of the content.</param>
/// <param name="Id">Its id, if it was cut by its content and that was computed.</param>
/// <param name="Known">Where it is stored; null when it is to be stored.</param>
/// <param name="Runs">Its packed positions, if they were looked for.</param>
internal readonly record struct CutChunk(byte[]? Plain, int Length, ChunkId? Id, KnownChunk? Known, PackedRuns? Runs = null);
