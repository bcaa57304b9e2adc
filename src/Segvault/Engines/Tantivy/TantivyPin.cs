using Segvault.IO;

namespace Segvault.Engines.Tantivy;

/// <summary>
/// Gets hold of one commit while a writer goes on. Two protocols, both proven against Tantivy's garbage collection, which computes the
/// list of what it may delete under the meta lock, deletes only what the current <c>meta.json</c> does not name, and runs on the one thread
/// that also replaces <c>meta.json</c>:
/// under the meta lock, nothing that <c>meta.json</c> names is deleted; without it, nothing was if <c>meta.json</c> is the same afterwards.
/// Without comes first: it delays nobody. Where a commit fell into it, only what that commit changed is left to be taken under the lock.
/// </summary>
internal sealed class TantivyPin(string directory, PinOptions options, Keeping whenTooMany)
{
    private static readonly TimeSpan LockWait = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan FirstDelay = TimeSpan.FromMilliseconds(10);
    private static readonly TimeSpan LongestDelay = TimeSpan.FromMilliseconds(500);

    private readonly TimeProvider _time = options.TimeProvider;
    private TimeSpan _lockHeld;
    private int _attempts;

    public async ValueTask<TantivySnapshot> PinAsync(CancellationToken cancellationToken)
    {
        RequireIndex();
        var capture = TryCapture(out var incomplete)
            ?? await TryCaptureLockedAsync(incomplete!, cancellationToken).ConfigureAwait(false)
            ?? await CaptureUnlockedAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            var snapshot = TantivySnapshot.Describe(directory, capture, _time.GetUtcNow(), _lockHeld, _attempts);
            TantivyLog.Pinned(options.Logger, directory, snapshot.Files.Length, _attempts, _lockHeld.TotalMilliseconds, capture.Hold?.Path);
            return snapshot;
        }
        catch
        {
            capture.Dispose();
            throw;
        }
    }

    private void RequireIndex()
    {
        var names = IndexDirectory.List(directory);
        if (TantivyRecognition.Recognise(directory, names, out var damage) == IndexPresence.None)
        {
            throw new NotAnIndexException(directory, $"{directory} holds no Tantivy index: it has no meta.json of Tantivy's.",
                "Name the directory that holds the index.");
        }

        if (damage is not null)
            throw damage;
        if (whenTooMany == Keeping.Links)
            HoldDirectory.RemoveStale(directory, names, TantivyFileName.IsData, options.Logger);
    }

    /// <summary>One attempt without the lock. Null when <c>meta.json</c> changed meanwhile or something is missing, and then what was got.</summary>
    private Capture? TryCapture(out Capture? rejected)
    {
        _attempts++;
        var capture = Take(ReadMeta(), null);
        try
        {
            bool accepted = capture.Missing.IsEmpty && IsCurrent(capture);
            rejected = accepted ? null : capture;
            return accepted ? capture : null;
        }
        catch
        {
            capture.Dispose();
            throw;
        }
    }

    private async ValueTask<Capture?> TryCaptureLockedAsync(Capture earlier, CancellationToken cancellationToken)
    {
        using var disposing = earlier;
        using var held = await MetaLock.TryAcquireExistingAsync(directory, LockWait, _time, options.Logger, cancellationToken).ConfigureAwait(false);
        if (held is null)
            return null;

        long since = _time.GetTimestamp();
        var capture = Take(ReadMeta(), earlier);
        held.Dispose();
        _lockHeld = _time.GetElapsedTime(since);
        _attempts++;

        // Under a lock that really keeps the writer out this is damage. Some network file systems only pretend to lock,
        // so the other protocol has the last word.
        if (capture.Missing.IsEmpty)
            return capture;
        capture.Dispose();
        return null;
    }

    private async ValueTask<Capture> CaptureUnlockedAsync(CancellationToken cancellationToken)
    {
        var delay = FirstDelay;
        byte[]? lastIncomplete = null;
        for (int attempt = 1; ; attempt++)
        {
            if (TryCapture(out var rejected) is { } capture)
                return capture;
            bool keep = false;
            try
            {
                bool unchanged = IsCurrent(rejected!);
                keep = unchanged && lastIncomplete is not null && rejected!.Meta.Bytes.AsSpan().SequenceEqual(lastIncomplete);
                if (keep)
                    return rejected!;
                lastIncomplete = unchanged ? rejected!.Meta.Bytes : null;
            }
            finally
            {
                if (!keep)
                    rejected!.Dispose();
            }

            if (attempt >= options.MaxAttempts)
            {
                throw new SegvaultException(ErrorCode.PinFailed,
                    $"{directory} was committed to during each of {attempt} attempts to get hold of one state of it.",
                    "Try again when the index is written to less, or stop its writer for the moment of the snapshot.", isTransient: true);
            }

            TantivyLog.Retrying(options.Logger, directory, attempt, delay.TotalMilliseconds);
            await Task.Delay(delay, _time, cancellationToken).ConfigureAwait(false);
            delay = delay * 2 < LongestDelay ? delay * 2 : LongestDelay;
        }
    }

    private bool IsCurrent(Capture capture) => ReadMeta().Bytes.AsSpan().SequenceEqual(capture.Meta.Bytes);

    private MetaContent ReadMeta() =>
        MetaContent.TryRead(directory) ?? throw IndexDirectory.Vanished(Path.Combine(directory, TantivyFileName.Meta));

    private Capture Take(MetaContent meta, Capture? earlier) => Capture.Take(directory, meta, ChooseWays, earlier);

    private IReadOnlyList<Keeping> ChooseWays(int files)
    {
        if (whenTooMany == Keeping.Links && !options.AllowHold)
            return files <= (options.MaxOpenFiles ?? int.MaxValue) ? [Keeping.Handles] : [];
        if (files <= (options.MaxOpenFiles ?? CountSpareHandles()))
            return [Keeping.Handles, whenTooMany];
        // Where no links can be made, the reserve is spent rather than the snapshot given up; a limit that was asked for stands.
        return whenTooMany == Keeping.Links && options.MaxOpenFiles is null ? [Keeping.Links, Keeping.Handles] : [whenTooMany];
    }

    /// <summary>What the process may open, less what the rest of the work needs.</summary>
    private static int CountSpareHandles()
    {
        int free = SourceFile.CountFreeHandles();
        return free - Math.Max(32, free / 4);
    }
}
