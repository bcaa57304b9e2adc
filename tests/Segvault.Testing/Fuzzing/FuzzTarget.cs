namespace Segvault.Testing.Fuzzing;

/// <summary>Something that reads bytes from strangers. Whatever they are, it understands them or refuses them with one of the errors for that.</summary>
internal abstract class FuzzTarget
{
    private const int AllocatedPerByte = 200;

    public static IReadOnlyList<FuzzTarget> All { get; } =
    [
        new ArchiveTarget(),
        new LogEntryTarget(),
        new ManifestTarget(),
        new CheckpointTarget(),
        new PackTarget(),
        new DescriptorTarget(),
        new MetaFileTarget(),
        new TantivyFileTarget(),
        new LockHolderTarget(),
        new JournalTarget(),
    ];

    /// <summary>What it is called, and the directory of its corpus.</summary>
    public abstract string Name { get; }

    /// <summary>Mutants of each file of the corpus that are tried usually.</summary>
    public virtual int Mutants => 300;

    public string Corpus => RepositoryRoot.Combine("tests", "corpora", Name);

    /// <summary>The files that the corpus begins with, the same ones every time as far as that can be.</summary>
    public abstract Task<IReadOnlyList<FuzzSeed>> MakeSeedsAsync();

    /// <summary>Reads an input with everything that reads its kind.</summary>
    /// <exception cref="InvalidOperationException">The input did what no input may do. Any other exception is a fault as well.</exception>
    public abstract Task RunAsync(byte[] input, CancellationToken cancellationToken);

    /// <summary>A mutant. Where a checksum would refuse it at once, mostly one whose checksum is right again.</summary>
    public abstract byte[] Mutate(byte[] seed, Random random);

    /// <summary>Refuses what allocated much more than it was given.</summary>
    /// <param name="before">What was allocated before, of all threads.</param>
    /// <param name="length">Length of the input.</param>
    /// <param name="allowance">What may be allocated for any input.</param>
    protected static void EnsureModest(long before, long length, long allowance)
    {
        var allocated = GC.GetTotalAllocatedBytes() - before;
        if (allocated > allowance + (AllocatedPerByte * length))
            throw new InvalidOperationException($"{allocated} bytes were allocated for {length}.");
    }
}

/// <summary>A file of a corpus.</summary>
internal sealed record FuzzSeed(string Name, byte[] Content);
