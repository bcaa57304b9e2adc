using System.Text.RegularExpressions;
using Segvault.Testing;
using Xunit;

namespace Segvault.Cli.Tests;

/// <summary>Languages, calendars and time zones change nothing that is written: neither in files nor in what is printed.</summary>
public sealed partial class OtherPlacesOfTheWorld : IDisposable
{
    private readonly TempDirectory _directory = TempDirectory.InMemory();

    private static bool HasCultures =>
        Directory.GetDirectories("/usr/lib").Append("/usr/lib").Any(directory => Directory.EnumerateFiles(directory, "libicuuc.so.*").Any());

    public void Dispose() => _directory.Dispose();

    public static TheoryData<string, string> Languages => new()
    {
        { "tr_TR.UTF-8", "Asia/Kathmandu" },
        { "ar_SA.UTF-8", "America/St_Johns" },
        { "th_TH.UTF-8", "Pacific/Apia" },
        { "fa_IR.UTF-8", "Asia/Tehran" },
    };

    [Theory]
    [MemberData(nameof(Languages))]
    public async Task A_process_writes_and_says_the_same_everywhere(string language, string zone)
    {
        var usual = await TellAsync("usual", RunIn("C.UTF-8", "UTC"));
        var other = await TellAsync("other", RunIn(language, zone));
        Assert.Equal(usual, other);

        // One reads what the other wrote.
        foreach (var (writer, reader) in new[] { ("usual", RunIn(language, zone)), ("other", RunIn("C.UTF-8", "UTC")) })
        {
            await reader(["verify", "--read-data", "-r", _directory.Combine(writer, "repository")]);
            await reader(["archive", "verify", _directory.Combine(writer, "archives")]);
        }
    }

    /// <summary>As a program that uses the library, and has the system's tables of languages and calendars.</summary>
    [Theory]
    [MemberData(nameof(Languages))]
    public async Task A_program_with_cultures_writes_and_says_the_same_everywhere(string language, string zone)
    {
        TestBench.Require(HasCultures, "ICU is not installed: without it .NET knows no cultures");
        var configuration = _directory.Combine("runtimeconfig.json");
        var built = await File.ReadAllTextAsync(Path.Combine(AppContext.BaseDirectory, "Segvault.Cli.runtimeconfig.json"), TestContext.Current.CancellationToken);
        Assert.Contains("\"System.Globalization.Invariant\": true", built, StringComparison.Ordinal);
        var withCultures = built.Replace("\"System.Globalization.Invariant\": true", "\"System.Globalization.Invariant\": false", StringComparison.Ordinal);
        await File.WriteAllTextAsync(configuration, withCultures, TestContext.Current.CancellationToken);

        var usual = await TellAsync("usual", RunIn("C.UTF-8", "UTC"));
        var other = await TellAsync("other", RunIn(language, zone, configuration));
        Assert.Equal(usual, other);
    }

    /// <summary>Everything that a person or program sees of a repository and an archive, without what differs each time.</summary>
    private async Task<string> TellAsync(string place, Func<string[], Task<SegvaultRun>> run)
    {
        var index = TantivyFiles.Create(_directory.Combine(place, "index"), segments: 2, bytesPerFile: 1500);
        var (repository, archives) = (_directory.Combine(place, "repository"), _directory.Combine(place, "archives"));
        string[][] commands =
        [
            ["init", "-r", repository],
            ["backup", index.Directory, "-r", repository, "--label", "İstanbul=ılık"],
            ["list", "-r", repository],
            ["show", "latest", "-r", repository],
            ["status", "--max-age", "26h", "-r", repository],
            ["prune", "--keep-daily", "3", "--dry-run", "-r", repository],
            ["gc", "--dry-run", "-r", repository],
            ["archive", "create", index.Directory, archives],
            ["archive", "list", archives],
            ["export", "latest", Path.Combine(archives, "exported.tar.gz"), "-r", repository],
            ["restore", "latest", _directory.Combine(place, "restored"), "-r", repository],
        ];
        var told = new List<string>();
        foreach (var command in commands)
        {
            var lines = (await run([.. command, "--json"])).Out.Split('\n');
            told.AddRange(lines.Where(line => !line.Contains("\"type\":\"progress\"", StringComparison.Ordinal)));
            if (command[0] is "list" or "show" or "status" or "prune")
                told.Add((await run(command)).Out);
        }

        told.AddRange(Directory.GetFiles(archives).Select(Path.GetFileName).Order(StringComparer.Ordinal)!);
        return Changing().Replace(string.Join('\n', told).Replace(_directory.Combine(place), "", StringComparison.Ordinal), "#");
    }

    private static Func<string[], Task<SegvaultRun>> RunIn(string language, string zone, string? configuration = null) => async arguments => (await new SegvaultProcess
    {
        Through = configuration is null ? [] : ["dotnet", "exec", "--runtimeconfig", configuration],
        Program = configuration is null ? SegvaultProcess.Executable : Path.Combine(AppContext.BaseDirectory, "Segvault.Cli.dll"),
        Environment = new Dictionary<string, string?>(StringComparer.Ordinal) { ["LANG"] = language, ["LC_ALL"] = language, ["LANGUAGE"] = language, ["TZ"] = zone },
    }.CompleteAsync(arguments)).MustExit(0);

    /// <summary>Ids, digits of times, and durations with their units: ASCII digits only.</summary>
    [GeneratedRegex("[0-9a-f]{8,64}|[0-9]+(\\.[0-9]+)?(E-[0-9]+)?( (ms|s|min)\\b)?", RegexOptions.ExplicitCapture, 60_000)]
    private static partial Regex Changing();
}
