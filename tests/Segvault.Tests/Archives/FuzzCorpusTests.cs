using Segvault.Testing;
using Xunit;

namespace Segvault.Tests.Archives;

/// <summary>The corpus of the archive fuzz target, replayed, and seeded mutants of it.</summary>
[Collection(nameof(MeasuresMemory))]
public sealed class FuzzCorpusTests
{
    private const int Mutants = 40;

    public static TheoryData<string> Corpus => [.. Directory.GetFiles(RepositoryRoot.Combine("tests", "corpora", "archives")).Select(path => Path.GetFileName(path)).Order(StringComparer.Ordinal)];

    [Theory]
    [MemberData(nameof(Corpus))]
    public async Task No_archive_crashes_hangs_or_writes_where_it_must_not(string name)
    {
        var seed = await File.ReadAllBytesAsync(RepositoryRoot.Combine("tests", "corpora", "archives", name), TestContext.Current.CancellationToken);
        await ArchiveFuzzing.RunAsync(seed, TestContext.Current.CancellationToken);
        for (var i = 0; i < Mutants; i++)
        {
            try
            {
                await ArchiveFuzzing.RunAsync(ArchiveFuzzing.Mutate(seed, new Random(i)), TestContext.Current.CancellationToken);
            }
            catch (Exception exception)
            {
                throw new InvalidOperationException($"mutant {i} of {name}", exception);
            }
        }
    }
}
