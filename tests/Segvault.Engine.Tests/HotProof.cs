using Segvault.Testing;
using Xunit;

namespace Segvault.Engine.Tests;

/// <summary>What hot backups were measured to do: told in the test's output, and kept in artifacts/test-results/hot-proof.txt.</summary>
internal static class HotProof
{
    private static readonly Lock Gate = new();
    private static readonly List<string> Lines = [];

    public static void Tell(string line)
    {
        TestContext.Current.TestOutputHelper?.WriteLine(line);
        var directory = Directory.CreateDirectory(RepositoryRoot.Combine("artifacts", "test-results")).FullName;
        lock (Gate)
        {
            Lines.Add(line);
            File.WriteAllLines(Path.Combine(directory, "hot-proof.txt"), Lines);
        }
    }

    /// <summary>Median and maximum, in milliseconds.</summary>
    public static string Describe(IEnumerable<TimeSpan> times)
    {
        var sorted = times.Select(time => time.TotalMilliseconds).Order().ToArray();
        return sorted.Length == 0
            ? "no time at all"
            : FormattableString.Invariant($"median {sorted[sorted.Length / 2]:0.00} ms, max {sorted[^1]:0.00} ms");
    }
}
