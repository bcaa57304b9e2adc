using Segvault.Cli.Output;

namespace Segvault.Cli.Reports;

internal sealed record GcLine() : SummaryLine("gc")
{
    public required int BackupsRemoved { get; init; }
    public required int PacksCondemned { get; init; }
    public required int PacksErased { get; init; }
    public required long BytesFreed { get; init; }
    public required long BytesWaiting { get; init; }
    public required double Seconds { get; init; }
}

/// <summary>What a collection did, or would do.</summary>
internal sealed record CollectionOutcome
{
    public required bool DryRun { get; init; }
    public required IReadOnlyList<BackupSummary> Backups { get; init; }
    public required int PacksCondemned { get; init; }
    public required int PacksErased { get; init; }
    public required long BytesFreed { get; init; }
    public required long BytesWaiting { get; init; }
    public required TimeSpan Grace { get; init; }

    public static CollectionOutcome From(CollectionPlan plan, CollectionOptions options) => new()
    {
        DryRun = true,
        Backups = plan.Backups,
        PacksCondemned = plan.PacksToCondemn,
        PacksErased = plan.Packs,
        BytesFreed = plan.BytesFreed,
        BytesWaiting = plan.BytesWaiting,
        Grace = options.Grace,
    };

    public static CollectionOutcome From(CollectionResult result, CollectionOptions options) => new()
    {
        DryRun = false,
        Backups = result.Backups,
        PacksCondemned = result.PacksCondemned,
        PacksErased = result.PacksErased,
        BytesFreed = result.BytesFreed,
        BytesWaiting = result.BytesWaiting,
        Grace = options.Grace,
    };
}

/// <summary>What people are told of a collection.</summary>
internal static class CollectionText
{
    public static void Write(HumanWriter people, CollectionOutcome collected, TimeSpan elapsed)
    {
        Action<string> write = collected.DryRun ? text => people.Line(text) : people.Say;
        foreach (var backup in collected.Backups)
        {
            write($"{(collected.DryRun ? "Would collect" : "Collected")} {RemovalText.Describe(backup, people.TimeProvider)}: it cannot be brought back any more.");
        }

        WriteEnd(write, collected, elapsed);
    }

    public static void WriteEnd(Action<string> write, CollectionOutcome collected, TimeSpan elapsed)
    {
        var packs = Quantities.Count(collected.PacksErased, "pack");
        write(collected.DryRun ? $"Would free {Quantities.Bytes(collected.BytesFreed)} ({packs})."
            : collected.BytesFreed == 0 ? "There was nothing to free."
            : $"Freed {Quantities.Bytes(collected.BytesFreed)} ({packs}) in {Quantities.Duration(elapsed)}.");
        if (collected.BytesWaiting > 0)
        {
            write($"{Quantities.Bytes(collected.BytesWaiting)} more belong to no backup and are younger than the grace of {Quantities.Duration(collected.Grace)}, or to an upload under way; "
                + "a later `segvault gc` frees them, or one with `--grace 0`.");
        }
    }
}
