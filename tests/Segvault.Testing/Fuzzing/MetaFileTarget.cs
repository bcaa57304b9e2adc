using Segvault.Engines.Tantivy;

namespace Segvault.Testing.Fuzzing;

/// <summary><c>meta.json</c>, whose commit can then be made of what is left, or which is refused.</summary>
internal sealed class MetaFileTarget : FuzzTarget
{
    private const int Allowance = 1024 * 1024;

    public override string Name => "meta-files";

    public override async Task<IReadOnlyList<FuzzSeed>> MakeSeedsAsync()
    {
        using var directory = new TempDirectory();
        var index = TantivyFiles.Create(directory.Combine("index"), segments: 2, bytesPerFile: 200);
        var plain = await File.ReadAllBytesAsync(index.PathOf("meta.json"));
        index.AddDelete(index.Segments[0], 2);
        index.Payload = "état";
        index.WriteMeta();
        return [new FuzzSeed("plain.json", plain), new FuzzSeed("deletes.json", await File.ReadAllBytesAsync(index.PathOf("meta.json")))];
    }

    public override byte[] Mutate(byte[] seed, Random random) => random.Next(3) == 0 ? ByteMutation.Change(seed, random) : JsonMutation.Change(seed, random);

    public override Task RunAsync(byte[] input, CancellationToken cancellationToken)
    {
        var before = GC.GetTotalAllocatedBytes();
        try
        {
            var meta = MetaFile.Parse(input, "meta.json");
            var commit = new TantivyCommit(meta);
            var missing = commit.FindMissing(new HashSet<string>(StringComparer.Ordinal)).ToHashSet(StringComparer.Ordinal);
            var lost = missing.Take(1).ToHashSet(StringComparer.Ordinal);
            var salvaged = SalvagedMeta.Make(input, missing, lost);
            if (salvaged.Commit.Segments.Length + salvaged.LostSegments.Length != meta.Segments.Length)
                throw new InvalidOperationException("A segment is neither kept nor lost.");
        }
        catch (DamageException)
        {
            // That is the answer.
        }

        EnsureModest(before, input.Length, Allowance);
        return Task.CompletedTask;
    }
}
