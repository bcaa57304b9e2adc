using System.Globalization;
using Segvault;
using Segvault.Testing;
using SharpFuzz;

// archive --libfuzzer              a target for libFuzzer
// archive --mutate COUNT [SEED]    mutants of the corpus, from a seed that is printed
// archive FILE...                  these files
// archive --seeds DIRECTORY        makes small archives to begin a corpus with
var files = Directory.GetFiles(RepositoryRoot.Combine("tests", "corpora", "archives")).Order(StringComparer.Ordinal).ToList();
switch (args)
{
    case ["archive", "--libfuzzer"]:
        Fuzzer.LibFuzzer.Run(bytes => ArchiveFuzzing.RunAsync(bytes.ToArray(), CancellationToken.None).GetAwaiter().GetResult());
        return 0;
    case ["archive", "--mutate", var count, .. var seeds]:
        var seed = seeds is [var given] ? int.Parse(given, CultureInfo.InvariantCulture) : Random.Shared.Next();
        Console.WriteLine($"seed {seed}");
        var random = new Random(seed);
        for (var i = 0; i < int.Parse(count, CultureInfo.InvariantCulture); i++)
            await RunAsync(ArchiveFuzzing.Mutate(await File.ReadAllBytesAsync(files[random.Next(files.Count)]), random), $"mutant-{seed}-{i}");
        return 0;
    case ["archive", "--seeds", var directory]:
        await MakeSeedsAsync(directory);
        return 0;
    case ["archive", .. { Length: > 0 } named]:
        foreach (var file in named)
            await RunAsync(await File.ReadAllBytesAsync(file), file);
        return 0;
    default:
        Console.Error.WriteLine("usage: archive --libfuzzer | archive --mutate COUNT [SEED] | archive --seeds DIRECTORY | archive FILE...");
        return 2;
}

static async Task MakeSeedsAsync(string directory)
{
    foreach (var format in Enum.GetValues<ArchiveFormat>())
    {
        using var bench = new ArchiveBench(new ArchiveOptions { Format = format }, segments: 1, bytesPerFile: 160);
        var full = await bench.BackUpAsync(BackupType.Full, CancellationToken.None);
        bench.Index.AddSegment(3);
        bench.Index.AddDelete(bench.Index.Segments[0], 2);
        bench.Index.WriteMeta();
        var incremental = await bench.BackUpAsync(BackupType.Incremental, CancellationToken.None);
        foreach (var (backup, name) in new[] { (full, "full"), (incremental, "incremental") })
            File.Copy(backup.Backup.Archive!, Path.Combine(directory, $"{name}.{(format == ArchiveFormat.TarGz ? "tar.gz" : "tar.zst")}"), overwrite: true);
    }
}

static async Task RunAsync(byte[] input, string name)
{
    try
    {
        await ArchiveFuzzing.RunAsync(input, CancellationToken.None);
    }
    catch
    {
        // To be looked at, and to become part of the corpus.
        var kept = Path.GetFullPath(Path.GetFileName(name) + ".bad");
        await File.WriteAllBytesAsync(kept, input);
        Console.Error.WriteLine($"{name} failed; it is kept in {kept}");
        throw;
    }
}
