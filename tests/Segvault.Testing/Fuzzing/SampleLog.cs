using Segvault.Repositories;
using Segvault.Testing.Stores;

namespace Segvault.Testing.Fuzzing;

/// <summary>Entries of every kind with everything in them, the same ones every time.</summary>
internal static class SampleLog
{
    private const string Backup = "0123456789abcdef0123456789abcdef";
    private const string Other = "fedcba9876543210fedcba9876543210";
    private const string Pack = "packs/00112233445566778899aabbccddeeff";

    private static readonly DateTimeOffset Time = new(2026, 1, 2, 3, 4, 5, TimeSpan.FromHours(1));

    /// <summary>Drafts, named by what they are.</summary>
    public static IReadOnlyDictionary<string, LogEntry> Drafts { get; } = new Dictionary<string, LogEntry>(StringComparer.Ordinal)
    {
        ["add"] = LogEntry.Draft(LogKind.Add) with { Add = Add(Backup) },
        ["add-repaired"] = LogEntry.Draft(LogKind.Add) with { Add = Add(Other) with { Replaces = Backup, FormerIds = [Backup], Place = 0, Base = Backup } },
        ["remove"] = LogEntry.Draft(LogKind.Remove) with { Remove = new NamesBody { Names = [Backup] } },
        ["condemn"] = LogEntry.Draft(LogKind.Condemn) with { Condemn = new NamesBody { Names = [Pack] } },
        ["erase"] = LogEntry.Draft(LogKind.Erase) with { Erase = new NamesBody { Names = [Pack, "backups/" + Other] } },
        ["verified"] = LogEntry.Draft(LogKind.Verified) with
        {
            Verified = new VerifiedBody
            {
                Names = [Pack],
                Good = [Pack],
                Drill = new DrillBody { Backup = Backup, Passed = false, Engine = true, Documents = 3, Seconds = 0.5, Problems = ["it does not open"] },
            },
        },
        ["holding"] = LogEntry.Draft(LogKind.Holding) with { Holding = new NamesBody { Names = [Pack] } },
        ["confirmed"] = LogEntry.Draft(LogKind.Confirmed) with { Confirmed = new NamesBody { Names = [Backup] } },
        ["unchanged"] = LogEntry.Draft(LogKind.Unchanged) with { Unchanged = new UnchangedBody { Backup = Backup, PinnedAt = Time } },
        ["skip"] = LogEntry.Draft(LogKind.Skip) with { Skip = new SkipBody { First = 0, Last = 0, Previous = "" } },
        ["feature"] = LogEntry.Draft(LogKind.Feature) with { Requires = new LogRequirements { Read = ["a"], Write = ["b"], Collect = ["c"] }, Role = "admin", Signature = "x" },
    };

    /// <summary>The state after all of them that can follow one another.</summary>
    public static LogState Fold()
    {
        var state = LogState.Empty;
        foreach (var draft in Drafts.Values.Where(draft => draft.Kind is not (LogKind.Skip or LogKind.Erase)))
            state = state.Apply(draft with { Number = state.NextNumber, Time = Time }, "");
        return state;
    }

    /// <summary>Uses everything that a folded log is used for.</summary>
    public static void Use(LogState state)
    {
        foreach (var record in state.LiveRecords.Concat(state.Removed))
            _ = record.ToSummary();
        _ = state.NewestOf("index");
        _ = Checkpoint.Of(Checkpoint.Of(state).ToState()).ToJson();
        foreach (var draft in Drafts.Values.Where(draft => draft.Kind != LogKind.Feature))
            state = state.Apply(draft with { Number = state.NextNumber, Time = Time }, "");
    }

    private static AddBody Add(string backup) => SampleBackup.Of(backup) with
    {
        Type = BackupType.Incremental,
        PinnedAt = Time,
        Note = "before the upgrade",
        Labels = new SortedDictionary<string, string>(StringComparer.Ordinal) { ["team"] = "search" },
        Flags = ["fewer-documents"],
        NewSegments = ["00000000000000000000000000000001"],
    };
}
