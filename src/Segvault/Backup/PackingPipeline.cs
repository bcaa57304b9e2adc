using System.Buffers;
using System.Threading.Channels;
using Segvault.Chunks;
using Segvault.Engines;
using Segvault.Repositories;

namespace Segvault.Backup;

/// <summary>
/// The way of the bytes: one task reads files, cuts them and hashes them; chunks are compressed and compared on all cores; one task puts them, in
/// order, into packs. What is in flight is bounded, so memory does not grow with the index.
/// </summary>
internal sealed class PackingPipeline(PinnedSnapshot snapshot, PackSet packs, ChunkCodec codec)
{
    private readonly Dictionary<string, List<StoredRun>> _runs = new(StringComparer.Ordinal);
    private readonly Dictionary<string, ContentVerdict> _verdicts = new(StringComparer.Ordinal);

    /// <summary>Stores files; <paramref name="onDamage"/> is told of each that the engine's own check rejects, and throws to stop.</summary>
    public async Task<IReadOnlyDictionary<string, StoredFile>> StoreAsync(
        IReadOnlyList<PackGroup> groups, Action<string, string> onDamage, Action<int> onRead, CancellationToken cancellationToken)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var channel = Channel.CreateBounded<PendingChunk>(new BoundedChannelOptions(2 * Environment.ProcessorCount) { SingleReader = true, SingleWriter = true });
        var reading = Task.Run(() => ReadAsync(groups, channel.Writer, onDamage, onRead, stop.Token), CancellationToken.None);
        try
        {
            await WriteAsync(groups, channel.Reader, cancellationToken).ConfigureAwait(false);
        }
        catch
        {
            await stop.CancelAsync().ConfigureAwait(false);
            throw;
        }
        finally
        {
            await DrainAsync(reading, channel.Reader).ConfigureAwait(false);
        }

        return _verdicts.ToDictionary(entry => entry.Key, entry => new StoredFile(entry.Value, _runs.GetValueOrDefault(entry.Key) ?? []), StringComparer.Ordinal);
    }

    private async Task ReadAsync(
        IReadOnlyList<PackGroup> groups, ChannelWriter<PendingChunk> chunks, Action<string, string> onDamage, Action<int> onRead, CancellationToken cancellationToken)
    {
        try
        {
            for (var group = 0; group < groups.Count; group++)
            {
                foreach (var file in groups[group].Files)
                {
                    var verdict = await ReadFileAsync(file, group, chunks, onRead, cancellationToken).ConfigureAwait(false);
                    if (verdict.Problem is not null)
                        onDamage(file.Path, verdict.Problem);
                    _verdicts.Add(file.Path, verdict);
                }
            }

            chunks.Complete();
        }
        catch (Exception exception)
        {
            // Reaches the caller through the writing side, which reads the channel to its end.
            chunks.Complete(exception);
        }
    }

    private async Task<ContentVerdict> ReadFileAsync(
        SnapshotFile file, int group, ChannelWriter<PendingChunk> chunks, Action<int> onRead, CancellationToken cancellationToken)
    {
        using var content = snapshot.OpenRead(file);
        using var check = new CheckedContent(snapshot.Commit.CheckContent(file.Path, file.Length));
        while (true)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var plain = ArrayPool<byte>.Shared.Rent(FixedCutter.ChunkLength);
            var length = Fill(content, check.Length, plain.AsSpan(0, FixedCutter.ChunkLength));
            if (length == 0)
            {
                ArrayPool<byte>.Shared.Return(plain);
                break;
            }

            check.Append(plain.AsSpan(0, length));
            onRead(length);
            var encoding = Task.Run(() => EncodedChunk.Encode(plain, length, codec), CancellationToken.None);
            try
            {
                await chunks.WriteAsync(new PendingChunk(group, file, encoding), cancellationToken).ConfigureAwait(false);
            }
            catch
            {
                await DiscardAsync(encoding).ConfigureAwait(false);
                throw;
            }
        }

        SourceFileChecks.EnsureLength(snapshot, file, check.Length);
        return check.Complete();
    }

    private static int Fill(SnapshotContent content, long offset, Span<byte> buffer)
    {
        var total = 0;
        int read;
        while (total < buffer.Length && (read = content.Read(offset + total, buffer[total..])) > 0)
            total += read;
        return total;
    }

    private async Task WriteAsync(IReadOnlyList<PackGroup> groups, ChannelReader<PendingChunk> chunks, CancellationToken cancellationToken)
    {
        var group = -1;
        await foreach (var pending in chunks.ReadAllAsync(CancellationToken.None).ConfigureAwait(false))
        {
            if (pending.Group != group)
                await packs.CloseAsync(cancellationToken).ConfigureAwait(false);
            group = pending.Group;
            using var chunk = await pending.Encoding.ConfigureAwait(false);
            var (pack, index) = await packs.AppendAsync(chunk, groups[group].TargetLength, cancellationToken).ConfigureAwait(false);
            Record(pending.File.Path, pack, index, chunk.PlainLength);
        }

        await packs.CloseAsync(cancellationToken).ConfigureAwait(false);
    }

    private void Record(string path, ObjectId pack, int index, int plainLength)
    {
        if (!_runs.TryGetValue(path, out var runs))
            _runs.Add(path, runs = []);
        if (runs.Count > 0 && runs[^1] is var last && last.Pack == pack && last.FirstChunk + last.Count == index)
            runs[^1] = last with { Count = last.Count + 1, Length = last.Length + plainLength };
        else
            runs.Add(new StoredRun(pack, index, 1, plainLength));
    }

    /// <summary>Waits until nothing is under way any more, so that nobody uses a buffer or a codec that was given back.</summary>
    private static async Task DrainAsync(Task reading, ChannelReader<PendingChunk> chunks)
    {
        await reading.ConfigureAwait(false);
        while (chunks.TryRead(out var pending))
            await DiscardAsync(pending.Encoding).ConfigureAwait(false);
    }

    private static async Task DiscardAsync(Task<EncodedChunk> encoding)
    {
        try
        {
            (await encoding.ConfigureAwait(false)).Dispose();
        }
        catch (ChunkCodecException)
        {
            // The failure that stopped the pipeline is the one to tell.
        }
    }

    private readonly record struct PendingChunk(int Group, SnapshotFile File, Task<EncodedChunk> Encoding);
}

/// <summary>A file that was read and stored.</summary>
/// <param name="Verdict">What its bytes say.</param>
/// <param name="Runs">Where its bytes are.</param>
internal sealed record StoredFile(ContentVerdict Verdict, IReadOnlyList<StoredRun> Runs);

/// <summary>Consecutive chunks of one file in one pack.</summary>
internal readonly record struct StoredRun(ObjectId Pack, int FirstChunk, int Count, long Length);
