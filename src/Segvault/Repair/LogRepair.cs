using Microsoft.Extensions.Logging;
using Segvault.Repositories;

namespace Segvault.Repair;

/// <summary>
/// Mends the log: puts lost entries back where a copy has them, passes over the others, and adds the backups again that were in them. Each step may be
/// the last one before a crash; the next repair goes on there.
/// </summary>
internal sealed class LogRepair(RepositoryObjects repository, RepositoryTwin? twin, RepairFindings findings, bool apply, ILogger logger)
{
    /// <summary>Returns the state of the log as it is then, or would be; and the backups added again.</summary>
    public async Task<(LogState State, IReadOnlyList<AddBody> AddedAgain)> RunAsync(CancellationToken cancellationToken)
    {
        var (state, lost) = await repository.Log.SurveyAsync(cancellationToken).ConfigureAwait(false);
        if (twin is not null && await PutBackAsync(lost, cancellationToken).ConfigureAwait(false) && apply)
        {
            await repository.Store.BarrierAsync(cancellationToken).ConfigureAwait(false);
            (state, lost) = await repository.Log.SurveyAsync(cancellationToken).ConfigureAwait(false);
        }

        state.EnsureWritable(repository.Store.Location);
        foreach (var skip in lost)
            findings.Add(LogReader.NameOf(skip.First), Describe(skip), null, [], repaired: true);
        if (apply)
        {
            if (lost.Count > 0)
                await repository.Log.BridgeAsync(logger, cancellationToken).ConfigureAwait(false);
            state = await repository.Log.FoldWholeAsync(cancellationToken).ConfigureAwait(false);
            state.EnsureWritable(repository.Store.Location);
        }

        var lostBackups = new LostBackups(repository, twin, findings, apply, logger);
        var added = await lostBackups.AddAgainAsync(state, cancellationToken).ConfigureAwait(false);
        if (!apply)
            return (state, added);

        // A state that ends early would have no backups to look at, and all would seem well.
        state = await repository.Log.FoldAsync(cancellationToken).ConfigureAwait(false);
        state.EnsureWritable(repository.Store.Location);
        return (state, added);
    }

    private static string Describe(SkipBody lost) => lost.First == lost.Last
        ? "is lost: it is passed over."
        : $"is lost, and so are the {lost.Last - lost.First} entries after it: they are passed over.";

    /// <summary>Puts back what a copy of the log has, if the copy's entries lead exactly from what is before the gap to what comes after it.</summary>
    private async Task<bool> PutBackAsync(IReadOnlyList<SkipBody> lost, CancellationToken cancellationToken)
    {
        var reader = new LogReader(repository.Store, repository.Id);
        var any = false;
        foreach (var skip in lost)
        {
            var entries = await ReadCopiesAsync(skip, cancellationToken).ConfigureAwait(false);
            var previous = skip.First == 0 ? "" : await HashBeforeAsync(reader, skip.First, cancellationToken).ConfigureAwait(false);
            if (previous is null || !Leads(previous, entries, skip))
                continue;
            foreach (var (entry, bytes) in entries)
            {
                var name = LogReader.NameOf(entry.Number);
                if (await repository.Store.GetLengthAsync(name, cancellationToken).ConfigureAwait(false) is not null
                    || !await twin!.PutBackAsync(name, bytes, cancellationToken).ConfigureAwait(false))
                    continue;
                any = true;
                findings.PutBack(name, null);
            }
        }

        return any;
    }

    private static async Task<string?> HashBeforeAsync(LogReader reader, long number, CancellationToken cancellationToken) =>
        await reader.ReadSoundAsync(number - 1, cancellationToken).ConfigureAwait(false) is { } before ? LogReader.Hash(before.Bytes) : null;

    private async Task<List<(LogEntry Entry, byte[] Bytes)>> ReadCopiesAsync(SkipBody skip, CancellationToken cancellationToken)
    {
        var entries = new List<(LogEntry Entry, byte[] Bytes)>();
        for (var number = skip.First; number <= skip.Last; number++)
        {
            if (await twin!.ReadEntryAsync(number, cancellationToken).ConfigureAwait(false) is { } copy)
                entries.Add(copy);
        }

        return entries;
    }

    private static bool Leads(string previous, List<(LogEntry Entry, byte[] Bytes)> entries, SkipBody skip)
    {
        foreach (var (entry, bytes) in entries)
        {
            if (entry.Previous != previous)
                return false;
            previous = LogReader.Hash(bytes);
        }

        return entries.Count == skip.Last - skip.First + 1 && previous == skip.Previous;
    }
}
