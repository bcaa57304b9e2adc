using Segvault.Cli.Output;

namespace Segvault.Cli.Reports;

/// <summary>What programs get of a removal.</summary>
internal abstract record RemovalLine(string Command) : SummaryLine(Command)
{
    public int BackupsRemoved { get; init; }
    public IReadOnlyList<RemovedBackupLine> Backups { get; init; } = [];
    public long BytesReleased { get; init; }
    public int PacksCondemned { get; init; }
    public int PacksErased { get; init; }
    public long BytesFreed { get; init; }
    public double Seconds { get; init; }

    public static TLine Fill<TLine>(TLine line, RemovalOutcome outcome)
        where TLine : RemovalLine => line with
        {
            DryRun = outcome.DryRun,
            BackupsRemoved = outcome.Removal.Backups.Length,
            Backups = [.. outcome.Removal.Backups.Select(RemovedBackupLine.From)],
            BytesReleased = outcome.Removal.BytesReleased,
            PacksCondemned = outcome.Collected?.PacksCondemned ?? 0,
            PacksErased = outcome.Collected?.PacksErased ?? 0,
            BytesFreed = outcome.Collected?.BytesFreed ?? 0,
            Seconds = Quantities.Seconds(outcome.Elapsed),
        };
}

internal sealed record DeleteLine() : RemovalLine("delete");

internal sealed record PruneLine() : RemovalLine("prune")
{
    public IReadOnlyList<KeptBackupLine> Kept { get; init; } = [];

    public static PruneLine Of(RemovalPlan plan) =>
        new() { Kept = plan is PrunePlan prune ? [.. prune.Kept.Select(kept => new KeptBackupLine(kept.Backup.Id.ToString(), kept.Backup.Name, kept.Reasons))] : [] };
}

internal sealed record UndeleteLine(IReadOnlyList<string> Backups, double Seconds) : SummaryLine("undelete");

internal sealed record RemovedBackupLine(string Id, string Name, DateTime Time, long OwnBytes)
{
    public static RemovedBackupLine From(RemovedBackup removed) =>
        new(removed.Backup.Id.ToString(), removed.Backup.Name, removed.Backup.Time.UtcDateTime, removed.OwnBytes);
}

internal sealed record KeptBackupLine(string Id, string Name, IReadOnlyList<string> Reasons);

/// <summary>What became, or would become, of a removal.</summary>
/// <param name="Removal">The backups.</param>
/// <param name="Collected">What was collected afterwards; null when that was not asked for.</param>
/// <param name="DryRun">Nothing was done.</param>
/// <param name="Elapsed">Time taken.</param>
internal sealed record RemovalOutcome(RemovalPlan Removal, CollectionOutcome? Collected, bool DryRun, TimeSpan Elapsed);

/// <summary>What people are told of a removal.</summary>
internal static class RemovalText
{
    public static string Describe(BackupSummary backup, TimeProvider clock) =>
        $"backup {backup.Id.ToShortString()} of '{backup.Name}', {Quantities.LocalTime(backup.Time, clock)}";

    public static void WriteEnd(HumanWriter people, RemovalOutcome outcome)
    {
        Action<string> write = outcome.DryRun ? text => people.Line(text) : people.Say;
        if (outcome.DryRun || outcome.Collected is null)
        {
            WriteBackups(write, outcome.Removal, outcome.DryRun, people.TimeProvider);
        }

        if (outcome.DryRun && outcome.Removal is PrunePlan prune)
        {
            foreach (var kept in prune.Kept)
            {
                write($"Would keep {Describe(kept.Backup, people.TimeProvider)}: {string.Join(", ", kept.Reasons)}.");
            }
        }

        if (outcome.Collected is { } collected)
        {
            CollectionText.WriteEnd(write, collected, outcome.Elapsed);
        }
        else if (!outcome.Removal.Backups.IsEmpty)
        {
            write($"`segvault gc` frees {Quantities.Bytes(outcome.Removal.BytesReleased)} once the grace of a day is over, or at once with `--grace 0`; until then `segvault undelete` brings them back.");
        }
    }

    public static void WriteBackups(Action<string> write, RemovalPlan removal, bool dryRun, TimeProvider clock)
    {
        foreach (var removed in removal.Backups)
        {
            write($"{(dryRun ? "Would delete" : "Deleted")} {Describe(removed.Backup, clock)}: {Quantities.Bytes(removed.OwnBytes)} that no other backup needs.");
        }

        if (removal.Backups.IsEmpty)
        {
            write("Nothing to delete: every backup is kept.");
        }

        foreach (var backup in removal.Unreadable)
        {
            write($"The manifest of backup {backup.ToShortString()} cannot be read: what it needs is not known, and nothing can be collected until it is back, or that backup deleted.");
        }
    }
}

/// <summary>What people are told of backups that were brought back.</summary>
internal static class UndeleteText
{
    public static void Write(HumanWriter people, IReadOnlyList<BackupSummary> backups)
    {
        foreach (var backup in backups)
        {
            people.Say($"There is {RemovalText.Describe(backup, people.TimeProvider)} again.");
        }
    }
}
