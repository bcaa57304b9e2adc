using Segvault.Testing;
using Xunit;

namespace Segvault.Cli.Tests.BadInput;

/// <summary>Directories given as INDEX that hold none, or a damaged one.</summary>
public sealed class NotAnIndex : BadInputTest
{
    [Theory]
    [InlineData("backup")]
    [InlineData("inspect")]
    [InlineData("demo")]
    public async Task What_is_no_index_is_refused(string command)
    {
        await MustAsync("init");
        var empty = Directory.CreateDirectory(PathOf("empty")).FullName;
        var file = PathOf("file");
        await File.WriteAllTextAsync(file, "hello", Cancellation);

        await FailAsync(ExitCodes.NotAnIndex, ErrorCode.NotAnIndex, empty, command, empty);
        await FailAsync(ExitCodes.NotAnIndex, ErrorCode.NotAnIndex, file, command, file);
        await FailAsync(ExitCodes.Failed, ErrorCode.PathNotFound, PathOf("nowhere"), command, PathOf("nowhere"));
        await FailAsync(ExitCodes.Failed, ErrorCode.PathNotFound, Path.Combine(file, "below"), command, Path.Combine(file, "below"));
        var tooLong = PathOf(new string('x', 300));
        await FailAsync(ExitCodes.Failed, ErrorCode.PathNotFound, tooLong, command, tooLong);
    }

    [Theory]
    [InlineData("")]
    [InlineData("{")]
    [InlineData("null")]
    [InlineData("{\"segments\": 7, \"schema\": [], \"opstamp\": 1}")]
    [InlineData("{\"segments\": [], \"schema\": []}")]
    public async Task A_damaged_commit_file_is_found(string content)
    {
        await MustAsync("init");
        var files = TantivyFiles.Create(Index, segments: 1);
        await File.WriteAllTextAsync(files.PathOf("meta.json"), content, Cancellation);

        await FailAsync(ExitCodes.Damaged, ErrorCode.IndexDamaged, files.PathOf("meta.json"), "backup", Index);
        await FailAsync(ExitCodes.Damaged, ErrorCode.IndexDamaged, files.PathOf("meta.json"), "backup", Index, "--allow-damaged");
        var inspected = (await RunAsync("inspect", Index)).MustExit(ExitCodes.Damaged).Summary;
        Assert.Equal("meta.json", Assert.Single(inspected.GetProperty("problems").EnumerateArray()).GetProperty("file").GetString());
    }

    [Fact]
    public async Task A_commit_file_cut_short_at_any_place_is_found()
    {
        await MustAsync("init");
        var files = TantivyFiles.Create(Index, segments: 1);
        var whole = await File.ReadAllBytesAsync(files.PathOf("meta.json"), Cancellation);
        foreach (var length in (int[])[1, whole.Length / 2, whole.Length - 3])
        {
            await File.WriteAllBytesAsync(files.PathOf("meta.json"), whole[..length], Cancellation);
            await FailAsync(ExitCodes.Damaged, ErrorCode.IndexDamaged, files.PathOf("meta.json"), "backup", Index);
        }

        File.Delete(files.PathOf("meta.json"));
        await FailAsync(ExitCodes.Damaged, ErrorCode.IndexDamaged, files.PathOf("meta.json"), "backup", Index);
    }

    [Fact]
    public async Task Every_missing_file_is_named_and_may_be_left_out_only_when_that_is_allowed()
    {
        await MustAsync("init");
        var files = TantivyFiles.Create(Index, segments: 2);
        string[] missing = [.. files.LiveFiles.Where(file => file.EndsWith(".store", StringComparison.Ordinal))];
        foreach (var file in missing)
        {
            File.Delete(files.PathOf(file));
        }

        var refused = await FailAsync(ExitCodes.Refused, ErrorCode.SourceDamaged, missing[0], "backup", Index);
        Assert.Contains(missing[1], refused.GetProperty("message").GetString()!, StringComparison.Ordinal);
        Assert.Contains("--allow-damaged", refused.GetProperty("hint").GetString()!, StringComparison.Ordinal);
        await FailAsync(ExitCodes.Refused, ErrorCode.SourceDamaged, missing[0], "backup", Index, "--dry-run");

        var before = Tree();
        var planned = (await RunAsync("backup", Index, "--allow-damaged", "--dry-run")).MustExit(ExitCodes.Incomplete);
        Assert.Equal(missing, planned.Summary.GetProperty("damagedFiles").EnumerateArray().Select(file => file.GetString()));
        AssertSame(before, Tree(), planned);

        var taken = (await RunAsync("backup", Index, "--allow-damaged")).MustExit(ExitCodes.Incomplete).Summary;
        Assert.Equal(missing, taken.GetProperty("damagedFiles").EnumerateArray().Select(file => file.GetString()!).Order(StringComparer.Ordinal));
        (await RunAsync("restore", "latest", Target, "--dry-run")).MustExit(ExitCodes.Incomplete);
        var restored = (await RunAsync("restore", "latest", Target)).MustExit(ExitCodes.Incomplete).Summary;
        Assert.Equal(missing, restored.GetProperty("damagedFiles").EnumerateArray().Select(file => file.GetString()));
    }

    [Fact]
    public async Task An_index_that_vanishes_before_the_pin_is_named_and_after_it_is_backed_up_all_the_same()
    {
        SkipOnWindows();
        await MustAsync("init");
        TantivyFiles.Create(Index, segments: 1);
        var before = Tree(Repository);
        var vanished = (await RunAsync("backup", Index, "--before", $"rm -r '{Index}'")).MustExit(ExitCodes.Failed);
        Assert.Equal(ErrorCode.IndexVanished, vanished.ErrorCode);
        Assert.Contains(Index, vanished.Last.GetProperty("message").GetString()!, StringComparison.Ordinal);
        AssertSame(before, Tree(Repository), vanished);

        var files = TantivyFiles.Create(Index, segments: 1);
        await MustAsync("backup", Index, "--pinned", $"rm -r '{Index}'");
        Assert.False(Directory.Exists(Index));
        await MustAsync("verify", "--read-data");
        Assert.Equal(files.Documents, (await MustAsync("restore", "latest", Target)).GetProperty("documents").GetInt64());
    }
}
