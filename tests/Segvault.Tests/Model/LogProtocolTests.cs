using System.Diagnostics;
using Segvault.Testing;
using Xunit;

namespace Segvault.Tests.Model;

/// <summary>
/// The protocol of the log, searched exhaustively in small scopes with the product's own decisions: no history loses a live backup, and without any
/// one of the rules some history does.
/// </summary>
public sealed class LogProtocolTests(ITestOutputHelper output)
{
    private const int First = 0b01;
    private const int Both = 0b11;
    private const int SecondAndNew = 0b110;

    private static readonly ModelScope OneOfEach = new() { Writers = [Both], Remove = true, Collectors = 1 };

    private static readonly Dictionary<string, (ModelScope Usual, ModelScope Thorough)> Sound = new(StringComparer.Ordinal)
    {
        ["two writers, a removal that is taken back, a collector"] = (
            OneOfEach with { Writers = [Both, SecondAndNew], Undelete = true },
            OneOfEach with { Writers = [Both, SecondAndNew], Undelete = true, SingleDeletes = true }),
        ["two collectors"] = (
            OneOfEach with { Undelete = true, Collectors = 2 },
            OneOfEach with { Writers = [Both, SecondAndNew], Undelete = true, Collectors = 2, SingleDeletes = true }),
        ["lost replies"] = (
            OneOfEach with { Writers = [Both, SecondAndNew], Attempts = 1, LostReplies = true },
            OneOfEach with { Writers = [Both, SecondAndNew], LostReplies = true, Undelete = true, SingleDeletes = true }),
        ["packs taken over from a crashed run"] = (
            OneOfEach with { Writers = [SecondAndNew, SecondAndNew], Resume = true },
            OneOfEach with { Writers = [SecondAndNew, SecondAndNew], Resume = true, Collectors = 2, SingleDeletes = true }),
        ["holding, and clocks that are wrong"] = (
            OneOfEach with { Writers = [SecondAndNew], Holding = true, Grace = true, Undelete = true },
            OneOfEach with { Writers = [Both, SecondAndNew], Holding = true, Grace = true, Undelete = true, SingleDeletes = true }),
        ["checkpoints"] = (
            OneOfEach with { Checkpoints = true, Undelete = true },
            OneOfEach with { Writers = [Both, SecondAndNew], Checkpoints = true, Undelete = true }),
        ["checkpoints that lack a backup"] = (
            OneOfEach with { Checkpoints = true, WrongCheckpoints = true },
            OneOfEach with { Writers = [Both, SecondAndNew], Checkpoints = true, WrongCheckpoints = true }),
        ["a lost entry"] = (
            OneOfEach with { Writers = [Both, First], Loss = true, Attempts = 1 },
            OneOfEach with { Writers = [Both, SecondAndNew], Loss = true, Collectors = 2 }),
        ["a lost newest entry"] = (
            OneOfEach with { LostTip = true, Resume = true },
            OneOfEach with { LostTip = true, Resume = true, Collectors = 2, SingleDeletes = true }),
        ["answers that nothing has changed"] = (
            OneOfEach with { Unchanged = true, Undelete = true },
            OneOfEach with { Writers = [Both, SecondAndNew], Unchanged = true, Undelete = true }),
    };

    private static readonly Dictionary<Rule, ModelScope> Broken = new()
    {
        [Rule.AddIsCheckedAgainstErasures] = OneOfEach,
        [Rule.AddIsCheckedAgainstTheWholePrefix] = OneOfEach with { Holding = true },
        [Rule.NewPacksAreCheckedToo] = OneOfEach with { Writers = [SecondAndNew], Remove = false },
        [Rule.UndeleteIsChecked] = OneOfEach with { Writers = [], Undelete = true },
        [Rule.EraseIsValidAtItsNumberOnly] = OneOfEach,
        [Rule.CondemnedPacksAreNotReused] = OneOfEach with { LostTip = true, Resume = true },
        [Rule.NamesAreNotReused] = OneOfEach with { Writers = [SecondAndNew], Collectors = 2 },
        [Rule.GivingUpTakesTheNumber] = OneOfEach with { LostReplies = true },
        [Rule.LostRepliesAreResolved] = OneOfEach with { LostReplies = true },
        [Rule.CheckpointsKeepErasedNames] = OneOfEach with { Checkpoints = true },
        [Rule.CollectorsTrustNoCheckpoint] = OneOfEach with { Checkpoints = true, WrongCheckpoints = true },
        [Rule.TheChainHasNoHoles] = OneOfEach with { Loss = true },
        [Rule.DeletingLooksAgain] = OneOfEach with { Loss = true, Collectors = 2 },
        [Rule.ResumedPacksAreChecked] = OneOfEach with { Writers = [SecondAndNew, SecondAndNew], Remove = false, Resume = true },
        [Rule.NothingIsCollectedBeforeRecovery] = OneOfEach with { Loss = true, Writers = [First, Both] },
        [Rule.LostBackupsAreAddedAgain] = OneOfEach with { Loss = true, Writers = [First, Both] },
        [Rule.CondemnedCountsAsErasedAfterALoss] = OneOfEach with { Loss = true, Writers = [Both, First] },
        [Rule.UnchangedIsAnsweredAtTheTip] = OneOfEach with { Unchanged = true },
    };

    public static TheoryData<string> Scopes => [.. Sound.Keys];

    public static TheoryData<Rule> Rules => [.. Enum.GetValues<Rule>().Where(rule => rule != Rule.None)];

    [Theory]
    [MemberData(nameof(Scopes))]
    public void No_history_loses_a_live_backup(string scope)
    {
        var (usual, thorough) = Sound[scope];
        var result = Search(TestBench.IsThorough ? thorough : usual, TestBench.Rounds(1_000_000, 4_000_000));
        Assert.Null(result.Violation);
        Assert.True(result.IsComplete || TestBench.IsThorough, "The usual scope must be searched to its end.");
    }

    [Theory]
    [MemberData(nameof(Rules))]
    public void Without_any_one_rule_some_history_does(Rule rule)
    {
        var result = Search(Broken[rule] with { Dropped = rule }, 2_000_000);
        Assert.NotNull(result.Violation);
    }

    private ModelResult Search(ModelScope scope, int most)
    {
        var watch = Stopwatch.StartNew();
        var result = ModelSearch.Run(scope, most);
        output.WriteLine($"{result.States:N0} states{(result.IsComplete ? ", all there are" : "")}, {watch.Elapsed.TotalSeconds:N1} s");
        if (result.Violation is not null)
            output.WriteLine($"after {result.Trace.Count} steps {result.Violation}");
        for (var step = 0; step < result.Trace.Count; step++)
            output.WriteLine($"{step + 1,3}. {result.Trace[step]}");
        return result;
    }
}
