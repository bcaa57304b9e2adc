using System.Runtime.Intrinsics;

namespace Segvault.Chunks.Positions;

/// <summary>
/// A chunk of position lists with its packed blocks unpacked: where every number has its bits across two or three bytes zstd finds nothing, and much once
/// each has a byte of its own. What is not in blocks stays as it is.
/// </summary>
internal static class PositionStreams
{
    /// <summary>The control stream of <see cref="PackedRuns"/>, bit widths, bytes as they are, first bytes of numbers, lower bytes of numbers.</summary>
    public const int Count = 5;

    /// <summary>So many bytes behind the streams are read and written, whatever is in them.</summary>
    public const int Slack = NumberBytes.LowRoom;

    /// <summary>The most that the streams of a chunk can take, without the slack.</summary>
    public static long GetBound(ReadOnlySpan<byte> chunk, PackedRuns runs)
    {
        var length = (long)runs.Control.Length + runs.Widths.Length + chunk.Length - runs.Length;
        foreach (var width in runs.Widths)
            length += width == 0 ? 0 : PackedBlock.Numbers + NumberBytes.LargestLowOf(width);
        return length;
    }

    /// <summary>Writes the streams one behind the other, and how long each is.</summary>
    public static void Split(ReadOnlySpan<byte> chunk, PackedRuns runs, Span<byte> streams, Span<int> lengths)
    {
        var numbers = PackedBlock.Numbers * (runs.Widths.Length - runs.Widths.Count((byte)0));
        ReadOnlySpan<int> known = [runs.Control.Length, runs.Widths.Length, chunk.Length - runs.Length, numbers, 0];
        known.CopyTo(lengths);
        runs.Control.CopyTo(streams);
        streams = streams[lengths[0]..];
        runs.Widths.CopyTo(streams);
        streams = streams[lengths[1]..];
        var plain = streams;
        var first = plain[lengths[2]..];
        var low = first[lengths[3]..];
        var widths = runs.Widths;
        Span<Vector128<uint>> rows = stackalloc Vector128<uint>[PackedBlock.Rows];
        for (var control = 0; control < runs.Control.Length;)
        {
            VInt.TryRead(runs.Control, ref control, out var between);
            VInt.TryRead(runs.Control, ref control, out var blocks);
            chunk[..between].CopyTo(plain);
            plain = plain[between..];
            var header = (blocks & 1) == 0 ? 0 : VInt.LengthOf(blocks >> 1) + (blocks >> 1);
            chunk = chunk[(between + header)..];
            foreach (var width in widths[..(blocks >> 1)])
            {
                if (width == 0)
                    continue;
                PackedBlock.Unpack(chunk, width, rows);
                chunk = chunk[PackedBlock.LengthOf(width)..];
                var written = NumberBytes.Write(rows, first, low);
                first = first[PackedBlock.Numbers..];
                low = low[written..];
                lengths[^1] += written;
            }

            widths = widths[(blocks >> 1)..];
        }

        chunk.CopyTo(plain);
    }

    /// <summary>Makes the chunk again; false when that gives anything but exactly a chunk, whatever is read.</summary>
    /// <param name="streams">The streams, and <see cref="Slack"/> behind them.</param>
    /// <param name="lengths">Their lengths.</param>
    /// <param name="chunk">The chunk.</param>
    public static bool TryJoin(ReadOnlySpan<byte> streams, ReadOnlySpan<int> lengths, Span<byte> chunk)
    {
        var control = Take(ref streams, lengths[0]);
        var widths = Take(ref streams, lengths[1]);
        var plain = Take(ref streams, lengths[2]);
        var first = Take(ref streams, lengths[3]);
        var low = streams[..(lengths[4] + Slack)];
        for (var read = 0; read < control.Length;)
        {
            if (!VInt.TryRead(control, ref read, out var between) || !VInt.TryRead(control, ref read, out var blocks))
                return false;
            if (between > plain.Length || between > chunk.Length || blocks >> 1 > widths.Length)
                return false;
            Take(ref plain, between).CopyTo(chunk);
            chunk = chunk[between..];
            if (!TryJoinRun(Take(ref widths, blocks >> 1), header: (blocks & 1) != 0, ref first, ref low, ref chunk))
                return false;
        }

        if (!widths.IsEmpty || !first.IsEmpty || low.Length != Slack || plain.Length != chunk.Length)
            return false;
        plain.CopyTo(chunk);
        return true;
    }

    private static bool TryJoinRun(ReadOnlySpan<byte> widths, bool header, ref ReadOnlySpan<byte> first, ref ReadOnlySpan<byte> low, ref Span<byte> chunk)
    {
        if (header)
        {
            if (chunk.Length < VInt.LengthOf(widths.Length) + widths.Length)
                return false;
            chunk = chunk[VInt.Write(widths.Length, chunk)..];
            widths.CopyTo(chunk);
            chunk = chunk[widths.Length..];
        }

        Span<Vector128<uint>> rows = stackalloc Vector128<uint>[PackedBlock.Rows];
        foreach (var width in widths)
        {
            if (width == 0)
                continue;
            if (width > PackedBlock.LargestWidth || first.Length < PackedBlock.Numbers || chunk.Length < PackedBlock.LengthOf(width) || low.Length < Slack)
                return false;
            low = low[NumberBytes.Read(first, low, rows)..];
            first = first[PackedBlock.Numbers..];
            PackedBlock.Pack(rows, width, chunk);
            chunk = chunk[PackedBlock.LengthOf(width)..];
        }

        return true;
    }

    private static ReadOnlySpan<byte> Take(scoped ref ReadOnlySpan<byte> bytes, int length)
    {
        var taken = bytes[..length];
        bytes = bytes[length..];
        return taken;
    }
}
