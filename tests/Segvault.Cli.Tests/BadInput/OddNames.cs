using Segvault.Testing;
using Xunit;

namespace Segvault.Cli.Tests.BadInput;

/// <summary>Names that trip up programs that take them for something else.</summary>
public sealed class OddNames : BadInputTest
{
    private static readonly string Longest = string.Concat(Enumerable.Repeat("ü", 127)) + "x";

    public static TheoryData<string> Names =>
    [
        "with some spaces ", "Ünïcødé ☃ 日本 \U0001F980", "new\nline", "it's \"quoted\" `$(x)` \\ %s {0} [red]", "*?[a]", "\e[31mred\t\a", Longest,
    ];

    [Theory]
    [MemberData(nameof(Names))]
    public async Task Index_repository_target_name_note_and_label_may_be_anything(string name)
    {
        SkipOnWindows();
        var index = PathOf("i", name);
        var target = PathOf("t", name);
        string[] repository = ["-r", PathOf("r", name)];
        Directory.CreateDirectory(PathOf("t"));
        var files = TantivyFiles.Create(index, segments: 1);
        await MustAsync(["init", .. repository]);
        Assert.Equal(name, (await MustAsync(["backup", index, .. repository])).GetProperty("name").GetString());
        await MustAsync(["backup", index, $"--name={name}", $"--note={name}", "--label", $"{name[..3]}={name}", "--full", .. repository]);

        var listed = (await MustAsync(["list", $"--name={name}", .. repository])).GetProperty("backups")[1];
        Assert.Equal((name, name, index), (listed.GetProperty("name").GetString(), listed.GetProperty("note").GetString(), listed.GetProperty("path").GetString()));
        Assert.Equal(name, listed.GetProperty("labels").GetProperty(name[..3]).GetString());
        foreach (var options in (string[][])[[], ["--replace", "--keep-previous"], ["--replace", "--in-place", "--keep-previous"]])
        {
            var restored = await MustAsync(["restore", "latest", target, $"--name={name}", .. options, .. repository]);
            Assert.Equal((target, files.Documents), (restored.GetProperty("target").GetString(), restored.GetProperty("documents").GetInt64()));
            await MustAsync("inspect", target);
        }

        Assert.DoesNotContain(Tree(PathOf("t")), entry => entry.Contains(".segvault", StringComparison.Ordinal));
        Assert.All(Directory.GetFileSystemEntries(Path.Combine(repository[1], "tmp")), left => Assert.StartsWith("reserve-", Path.GetFileName(left), StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("new\nline")]
    [InlineData("\e[31m[red]\t\a")]
    public async Task People_get_one_line_for_each_message_and_each_backup(string name)
    {
        SkipOnWindows();
        var index = PathOf("i", name);
        string[] repository = ["-r", PathOf("r", name)];
        TantivyFiles.Create(index, segments: 1);
        await MustAsync(["init", .. repository]);
        await MustAsync(["backup", index, $"--note={name}", "--label", $"a={name}", .. repository]);

        var listed = (await SegvaultProcess.RunAsync(["list", .. repository])).MustExit(0);
        Assert.Equal(2, Count(listed.Out));
        var failed = (await SegvaultProcess.RunAsync(["restore", "latest", index, .. repository])).MustExit(ExitCodes.Refused);
        Assert.Equal(2, Count(failed.Error));
        var backed = (await SegvaultProcess.RunAsync(["backup", index, .. repository])).MustExit(0);
        Assert.InRange(Count(backed.Error), 1, 2);
        Assert.DoesNotContain('\e', listed.Out + failed.Error + backed.Error);

        static int Count(string text) => text.Split('\n', StringSplitOptions.RemoveEmptyEntries).Length;
    }

    [Fact]
    public async Task What_cannot_be_a_name_label_or_note_is_wrong_usage()
    {
        TantivyFiles.Create(Index, segments: 1);
        await MustAsync("init");
        await FailAsync(ExitCodes.Usage, CliErrorCode.Usage, "x", "backup", Index, "--label", "x");
        await FailAsync(ExitCodes.Usage, CliErrorCode.Usage, "=x", "backup", Index, "--label==x");
        await FailAsync(ExitCodes.Usage, CliErrorCode.Usage, "'a'", "backup", Index, "--label", "a=1", "--label", "a=2");
        await FailAsync(ExitCodes.Usage, CliErrorCode.Usage, "--name", "backup", Index, "--name", "");
        await FailAsync(ExitCodes.Usage, CliErrorCode.Usage, "--note", "backup", Index, "--note", "");
        await FailAsync(ExitCodes.Usage, CliErrorCode.Usage, "INDEX", "backup", "");
        await FailAsync(ExitCodes.Usage, CliErrorCode.Usage, "TARGET", "restore", "latest", "");
        await FailAsync(ExitCodes.Usage, CliErrorCode.Usage, "nobodyxyz", "restore", "latest", Target, "--owner", "nobodyxyz");
        await FailAsync(ExitCodes.Usage, CliErrorCode.Usage, "--in-place", "restore", "latest", Target, "--in-place");
        await FailAsync(ExitCodes.Usage, CliErrorCode.Usage, "--at", "restore", "abcd1234", Target, "--at", "1h");
        await FailAsync(ExitCodes.Usage, CliErrorCode.Usage, "--at", "restore", "latest", Target, "--at", "yesterday");
        await FailAsync(ExitCodes.Usage, CliErrorCode.Usage, "--wait", "backup", Index, "--wait", "soon");
        await FailAsync(ExitCodes.Usage, CliErrorCode.Usage, "lucene", "backup", Index, "--engine", "lucene");
        await FailAsync(ExitCodes.Usage, CliErrorCode.Usage, "--lock", "backup", Index, "--lock-name", "x");
        await FailAsync(ExitCodes.Usage, CliErrorCode.Usage, "s3://", "list", "-r", "s3://bucket/prefix");
    }
}
