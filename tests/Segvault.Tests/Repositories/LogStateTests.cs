using Segvault.Repositories;
using Segvault.Testing.Stores;
using Xunit;

namespace Segvault.Tests.Repositories;

public sealed class LogStateTests
{
    private static readonly string Id1 = new('1', 32);
    private static readonly string Id2 = new('2', 32);
    private static readonly string Id3 = new('3', 32);

    [Fact]
    public void Backups_live_from_their_Add_to_their_Remove_and_again_from_the_next_Add()
    {
        var state = Fold(Add(Id1), Add(Id2), Add(Id3));
        Assert.Equal([Id1, Id2, Id3], Live(state));
        state = Fold(state, RepositoryBench.Entry(LogKind.Remove, Id1, Id3));
        Assert.Equal([Id2], Live(state));
        Assert.Equal(Id2, state.NewestOf("index")!.Backup);
        state = Fold(state, Add(Id1));
        Assert.Equal([Id1, Id2], Live(state));
        Assert.Equal(Id2, state.NewestOf("index")!.Backup);
        Assert.Equal([Id1, Id2], Live(Fold(state, Add(Id1))));
        Assert.Equal([Id1, Id2], Live(Fold(state, RepositoryBench.Entry(LogKind.Remove, new string('9', 32)))));
    }

    [Fact]
    public void What_is_condemned_erased_or_bad_is_not_relied_on()
    {
        var pack = ObjectId.NewRandom();
        string name = PackFormat.NameOf(pack);
        Assert.True(LogState.Empty.MayRelyOn(pack));
        Assert.False(Fold(RepositoryBench.Entry(LogKind.Condemn, name)).MayRelyOn(pack));
        Assert.False(Fold(RepositoryBench.Entry(LogKind.Erase, name)).MayRelyOn(pack));
        Assert.False(Fold(RepositoryBench.Entry(LogKind.Verified, name)).MayRelyOn(pack));
        Assert.True(Fold(RepositoryBench.Entry(LogKind.Erase, "packs/other")).MayRelyOn(pack));
    }

    [Fact]
    public void An_erased_name_stays_erased_whatever_follows()
    {
        var state = Fold(RepositoryBench.Entry(LogKind.Condemn, "packs/a", "packs/b"), RepositoryBench.Entry(LogKind.Erase, "packs/a"));
        Assert.Equal(["packs/a"], state.Erased);
        Assert.Equal(["packs/b"], state.Condemned);
        state = Fold(state, Add(Id1), RepositoryBench.Entry(LogKind.Remove, Id1), RepositoryBench.Entry(LogKind.Nop));
        Assert.Equal(["packs/a"], state.Erased);
    }

    [Fact]
    public void Latest_is_the_last_one_recorded_even_when_a_clock_was_set_back()
    {
        var noon = new DateTimeOffset(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);
        var state = Fold(Add(Id1, at: noon.AddDays(1)), Add(Id2, at: noon));
        Assert.Equal(Id2, Find(state, "latest", null, null));
        Assert.Equal(Id2, Find(state, "latest", null, noon));
        Assert.Equal(ErrorCode.BackupNotFound, Assert.Throws<BackupNotFoundException>(() => Find(state, "latest", null, noon.AddSeconds(-1))).Code);
    }

    [Fact]
    public void A_backup_is_found_by_its_id_a_unique_prefix_and_its_name()
    {
        string near = Id1[..31] + "f";
        var state = Fold(Add(Id1), Add(near, "other"), Add(Id2));
        Assert.Equal(Id1, Find(state, Id1, null, null));
        Assert.Equal(Id2, Find(state, "2222", null, null));
        Assert.Equal(near, Find(state, "1111", "other", null));
        var ambiguous = Assert.Throws<BackupNotFoundException>(() => Find(state, "1111", null, null));
        Assert.Equal(ErrorCode.BackupAmbiguous, ambiguous.Code);
        Assert.Equal([Id1, near], ambiguous.Candidates.Select(id => id.ToString()));
        Assert.Equal(ErrorCode.NameNeeded, Assert.Throws<BackupNotFoundException>(() => Find(state, "latest", null, null)).Code);
        foreach (string wrong in new[] { "222", "3333", "zzzz", "" })
            Assert.Equal(ErrorCode.BackupNotFound, Assert.Throws<BackupNotFoundException>(() => Find(state, wrong, null, null)).Code);
    }

    internal static LogEntry Add(string id, string name = "index", DateTimeOffset at = default) => LogEntry.Draft(LogKind.Add) with
    {
        Add = SampleBackup.Of(id) with { Name = name, PinnedAt = at },
    };

    private static LogState Fold(params LogEntry[] entries) => Fold(LogState.Empty, entries);

    private static LogState Fold(LogState state, params LogEntry[] entries) =>
        entries.Aggregate(state, (before, entry) => before.Apply(entry with { Number = before.NextNumber }, $"hash of {before.NextNumber}"));

    private static IEnumerable<string> Live(LogState state) => state.Live.Select(add => add.Backup);

    private static string Find(LogState state, string wanted, string? name, DateTimeOffset? at) =>
        BackupFinder.Find([.. state.Live.Select(add => add.ToSummary())], state.Obstacle, wanted, name, at, "here").Id.ToString();
}
