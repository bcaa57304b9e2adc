using Segvault.Restore;

namespace Segvault.Testing.Fuzzing;

/// <summary>The journal of a restore in place, which is read, or refused before anything of it is done.</summary>
internal sealed class JournalTarget : FuzzTarget
{
    private const int Allowance = 1024 * 1024;

    public override string Name => "journals";

    public override async Task<IReadOnlyList<FuzzSeed>> MakeSeedsAsync()
    {
        var least = new InPlaceJournal { CommitFile = "meta.json", NewCommit = new string('a', 64), Publish = [], Replace = [], Generated = [], Files = ["meta.json"] };
        var everything = least with { OldCommit = new string('b', 64), Publish = ["a.term"], Replace = ["b.term"], Generated = [".managed.json"], Previous = "index.old" };
        return [new FuzzSeed("least.json", await WriteAsync(least)), new FuzzSeed("everything.json", await WriteAsync(everything))];
    }

    public override byte[] Mutate(byte[] seed, Random random) => random.Next(3) == 0 ? ByteMutation.Change(seed, random) : JsonMutation.Change(seed, random);

    public override async Task RunAsync(byte[] input, CancellationToken cancellationToken)
    {
        using var directory = new TempDirectory();
        Directory.CreateDirectory(InPlaceJournal.PathIn(directory.Path));
        await File.WriteAllBytesAsync(PathOf(directory.Path), input, cancellationToken);
        var before = GC.GetTotalAllocatedBytes();
        try
        {
            if (InPlaceJournal.Read(directory.Path) is { } journal && journal.Files.Concat(journal.Publish).Any(name => Path.GetFileName(name) != name))
                throw new InvalidOperationException("A journal leads out of its directory.");
        }
        catch (SegvaultException refused) when (refused.Code == ErrorCode.IoFailed)
        {
            // That is the answer.
        }

        EnsureModest(before, input.Length, Allowance);
    }

    private static string PathOf(string target) => Path.Combine(InPlaceJournal.PathIn(target), "journal.json");

    private static async Task<byte[]> WriteAsync(InPlaceJournal journal)
    {
        using var directory = new TempDirectory();
        Directory.CreateDirectory(InPlaceJournal.PathIn(directory.Path));
        journal.Write(directory.Path);
        return await File.ReadAllBytesAsync(PathOf(directory.Path));
    }
}
