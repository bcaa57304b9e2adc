using Segvault.Testing;
using Segvault.Testing.Fuzzing;
using Segvault.Tests.Archives;
using Xunit;

namespace Segvault.Tests.Fuzzing;

/// <summary>The corpora of the fuzz targets, replayed, and seeded mutants of them.</summary>
[Collection(nameof(MeasuresMemory))]
public sealed class FuzzCorpusTests
{
    private const int Thoroughly = 10;

    public static TheoryData<string, string> Corpora
    {
        get
        {
            var all = new TheoryData<string, string>();
            foreach (var target in FuzzTarget.All)
            {
                foreach (var file in Directory.GetFiles(target.Corpus).Select(path => Path.GetFileName(path)).Order(StringComparer.Ordinal))
                    all.Add(target.Name, file);
            }

            return all;
        }
    }

    [Theory]
    [MemberData(nameof(Corpora))]
    public async Task Whatever_the_bytes_are_they_are_understood_or_refused(string targetName, string file)
    {
        var target = FuzzTarget.All.Single(known => known.Name == targetName);
        var seed = await File.ReadAllBytesAsync(Path.Combine(target.Corpus, file), TestContext.Current.CancellationToken);
        await target.RunAsync(seed, TestContext.Current.CancellationToken);
        for (var i = 0; i < TestBench.Rounds(target.Mutants, target.Mutants * Thoroughly); i++)
        {
            try
            {
                await target.RunAsync(target.Mutate(seed, new Random(i)), TestContext.Current.CancellationToken);
            }
            catch (Exception exception)
            {
                throw new InvalidOperationException($"mutant {i} of {file} of {targetName}", exception);
            }
        }
    }
}
