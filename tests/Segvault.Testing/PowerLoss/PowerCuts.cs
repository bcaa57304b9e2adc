using System.Globalization;

namespace Segvault.Testing.PowerLoss;

/// <summary>A record of what programs did to a directory, and what a power cut at any moment of it would have left.</summary>
internal sealed class PowerCuts(string before, IReadOnlyList<FileOperation> record, int seed)
{
    public IReadOnlyList<FileOperation> Record => record;

    /// <summary>
    /// Every image that differs from those before it: at each moment, that everything unflushed is lost, that names survive without bytes, that they
    /// survive in another order, and some in which anything may have survived:
    /// those not where a flush is left out, so that what is found is what the flush was for.
    /// </summary>
    /// <param name="withoutFlush">The place of a flush in the record that is to be left out; none when negative.</param>
    public IEnumerable<CrashImage> Images(int withoutFlush = -1)
    {
        var random = new Random(seed);
        var disk = ModelDisk.Of(before);
        var reported = new List<string>();
        var seen = new HashSet<string>(StringComparer.Ordinal);
        for (var done = 0; done <= record.Count; done++)
        {
            foreach (var loss in (Loss[])[Loss.Everything, .. Loss.OfBytes, .. Loss.OfOrder(disk), .. withoutFlush < 0 ? Any(random) : []])
            {
                var moment = done == 0 ? "before anything" : string.Create(CultureInfo.InvariantCulture, $"after operation {done}, {Describe(record[done - 1])}");
                var image = CrashImage.Take(disk, loss, $"lost: {loss.Name}; {moment}", [.. reported]);
                if (seen.Add(image.Key))
                    yield return image;
            }

            if (done == record.Count)
                yield break;
            if (record[done] is Reported report)
                reported.Add(report.Command);
            if (done != withoutFlush)
                disk.Apply(record[done]);
        }
    }

    private static Loss[] Any(Random random) => [Loss.Random(random), Loss.Random(random)];

    private static string Describe(FileOperation operation) =>
        operation is WriteBytes write ? string.Create(CultureInfo.InvariantCulture, $"{write.Bytes.Length} bytes written to {write.Path}") : operation.ToString();
}
