using System.Globalization;
using System.Text.RegularExpressions;
using Segvault.Cli.Tests.Crashes;
using Segvault.Testing;
using Segvault.Testing.PowerLoss;
using Segvault.Testing.Stores;
using Xunit;

namespace Segvault.Cli.Tests.PowerLoss;

/// <summary>
/// Records what commands do to a directory, builds what a power cut at any moment could have left of it, and looks at each; then once more for each
/// flush, as if that had never been made, and says which of them nobody would miss.
/// </summary>
public abstract partial class PowerLossTest : IDisposable
{
    private readonly TempDirectory _directory = TempDirectory.InMemory();

    protected PowerLossTest() => Directory.CreateDirectory(World());

    private string Kept => _directory.Combine("kept");

    protected static CancellationToken Token => TestContext.Current.CancellationToken;

    /// <summary>A path in the directory whose power goes.</summary>
    protected string World(params ReadOnlySpan<string> parts) => _directory.Combine(["world", .. parts]);

    /// <summary>The same path in what the power cut left.</summary>
    protected string Image(params ReadOnlySpan<string> parts) => _directory.Combine(["image", .. parts]);

    /// <summary>A path on another disk.</summary>
    protected string Aside(params ReadOnlySpan<string> parts) => _directory.Combine(["aside", .. parts]);

    public void Dispose()
    {
        _directory.Dispose();
        GC.SuppressFinalize(this);
    }

    /// <summary>Takes what is there as flushed long ago, and records from here on.</summary>
    private protected OperationRecord Record()
    {
        KillSweep.RequireStrace();
        Copy(World(), Kept);
        return new OperationRecord(World(), _directory.Combine("trace"));
    }

    /// <summary>Brings back what was there before the record.</summary>
    private protected void Restart()
    {
        Directory.Delete(World(), recursive: true);
        Directory.Move(Kept, World());
    }

    /// <summary>Looks at what power cuts leave; returns the flushes that could be left out without harm, by name.</summary>
    private protected async Task<IReadOnlyList<string>> CutAsync(OperationRecord record, Func<IReadOnlyList<string>, Task> check)
    {
        var seed = TestBench.IsThorough ? Environment.TickCount : record.Operations.Count;
        var cuts = new PowerCuts(Kept, record.Operations, seed);
        var images = cuts.Images().ToList();
        var chosen = TestBench.IsThorough ? images : Choose(images, 40, new Random(seed));
        foreach (var image in chosen)
        {
            var problem = await FindProblemAsync(image, check);
            Assert.True(problem is null, $"{image.Origin}: {problem}");
        }

        var known = images.Select(image => image.Key).ToHashSet(StringComparer.Ordinal);
        var missed = 0;
        var unneeded = new List<string>();
        foreach (var (name, place) in Flushes(record.Operations))
        {
            if (await IsMissedAsync(cuts.Images(place).Where(image => !known.Contains(image.Key)), check))
                missed++;
            else
                unneeded.Add(name);
        }

        // What is there now lacks a flush, and need not be consistent.
        Directory.Delete(Image(), recursive: true);
        TestContext.Current.SendDiagnosticMessage(string.Create(
            CultureInfo.InvariantCulture,
            $"seed {seed}: {record.Operations.Count} operations, {chosen.Count} of {images.Count} power cuts; {missed} of {missed + unneeded.Count} flushes would be missed, not: {string.Join(", ", unneeded)}"));
        return [.. unneeded.Order(StringComparer.Ordinal)];
    }

    private async Task<bool> IsMissedAsync(IEnumerable<CrashImage> images, Func<IReadOnlyList<string>, Task> check)
    {
        foreach (var image in images.Reverse())
        {
            if (await FindProblemAsync(image, check) is not null)
                return true;
        }

        return false;
    }

    private async Task<Exception?> FindProblemAsync(CrashImage image, Func<IReadOnlyList<string>, Task> check)
    {
        if (Directory.Exists(Image()))
            Directory.Delete(Image(), recursive: true);
        image.Write(Image());
        try
        {
            await check(image.Reported);
            RepositoryConsistency.AssertBelow(Image());
            return null;
        }
        catch (Exception exception) when (exception is not OperationCanceledException)
        {
            return exception;
        }
    }

    /// <summary>Some, and all that come after everything was reported as done.</summary>
    private static List<CrashImage> Choose(List<CrashImage> images, int count, Random random)
    {
        var most = images.Max(image => image.Reported.Count);
        var others = images.Where(image => image.Reported.Count < most).ToArray();
        random.Shuffle(others);
        return [.. others.Take(count), .. images.Where(image => image.Reported.Count == most)];
    }

    /// <summary>
    /// Every flush with a name that says what it flushes, and a number where the same is flushed again. Left out are those of objects that only try
    /// out whether a store lets one of several writers win.
    /// </summary>
    private static IEnumerable<(string Name, int Place)> Flushes(List<FileOperation> record)
    {
        var counts = new Dictionary<string, int>(StringComparer.Ordinal);
        for (var place = 0; place < record.Count; place++)
        {
            if (record[place] is not Flush flush)
                continue;
            var becomes = record.Skip(place).OfType<Rename>().FirstOrDefault(rename => rename.From == flush.Path)?.To ?? flush.Path;
            var name = Random().Replace(becomes, "*");
            if (name.Contains("/probes/", StringComparison.Ordinal) || name.EndsWith("/tmp/*", StringComparison.Ordinal))
                continue;
            var count = counts[name] = counts.GetValueOrDefault(name) + 1;
            yield return (count == 1 ? name : string.Create(CultureInfo.InvariantCulture, $"{name} #{count}"), place);
        }
    }

    private static void Copy(string from, string to)
    {
        Directory.CreateDirectory(to);
        foreach (var directory in Directory.GetDirectories(from))
            Copy(directory, Path.Combine(to, Path.GetFileName(directory)));
        foreach (var file in Directory.GetFiles(from))
            File.Copy(file, Path.Combine(to, Path.GetFileName(file)));
    }

    [GeneratedRegex("[0-9a-f]{32}|(?<=packs/)[0-9a-f]{2}|[0-9]{8}[T_][0-9]{6}", RegexOptions.ExplicitCapture, 60_000)]
    private static partial Regex Random();
}
