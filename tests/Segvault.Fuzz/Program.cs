using System.Diagnostics;
using System.Globalization;
using Segvault.Testing.Fuzzing;
using SharpFuzz;

// TARGET --libfuzzer              a target for libFuzzer
// TARGET --mutate COUNT [SEED]    mutants of its corpus, from a seed that is printed
// TARGET --seeds DIRECTORY        makes the files that its corpus begins with
// TARGET FILE...                  these files
if (args is not [var name, .. { Length: > 0 } task] || FuzzTarget.All.FirstOrDefault(known => known.Name == name) is not { } target)
{
    Console.Error.WriteLine("usage: TARGET --libfuzzer | TARGET --mutate COUNT [SEED] | TARGET --seeds DIRECTORY | TARGET FILE...");
    Console.Error.WriteLine($"targets: {string.Join(", ", FuzzTarget.All.Select(known => known.Name))}");
    return 2;
}

switch (task)
{
    case ["--libfuzzer"]:
        Fuzzer.LibFuzzer.Run(bytes => target.RunAsync(bytes.ToArray(), CancellationToken.None).GetAwaiter().GetResult());
        return 0;
    case ["--mutate", var count, .. var seeds]:
        await MutateAsync(target, int.Parse(count, CultureInfo.InvariantCulture), seeds is [var given] ? int.Parse(given, CultureInfo.InvariantCulture) : Random.Shared.Next());
        return 0;
    case ["--seeds", var directory]:
        Directory.CreateDirectory(directory);
        foreach (var seed in await target.MakeSeedsAsync())
            await File.WriteAllBytesAsync(Path.Combine(directory, seed.Name), seed.Content);
        return 0;
    default:
        foreach (var file in task)
            await RunAsync(target, await File.ReadAllBytesAsync(file), file);
        return 0;
}

static async Task MutateAsync(FuzzTarget target, int count, int seed)
{
    Console.WriteLine($"seed {seed}");
    var files = Directory.GetFiles(target.Corpus).Order(StringComparer.Ordinal).Select(File.ReadAllBytes).ToList();
    var random = new Random(seed);
    var watch = Stopwatch.StartNew();
    for (var i = 0; i < count; i++)
        await RunAsync(target, target.Mutate(files[random.Next(files.Count)], random), $"{target.Name}-{seed}-{i}");
    Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{count} mutants of {target.Name}, {watch.Elapsed.TotalSeconds:F0} s"));
}

static async Task RunAsync(FuzzTarget target, byte[] input, string name)
{
    try
    {
        await target.RunAsync(input, CancellationToken.None);
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
