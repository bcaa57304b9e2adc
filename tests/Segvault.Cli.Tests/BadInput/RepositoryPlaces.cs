using System.Text;
using Segvault.Repositories;
using Segvault.Testing;
using Xunit;

namespace Segvault.Cli.Tests.BadInput;

/// <summary>Places given as a repository, or used as a target, that are not what they should be.</summary>
public sealed class RepositoryPlaces : BadInputTest
{
    [Fact]
    public async Task Where_there_is_no_repository_every_command_says_so()
    {
        TantivyFiles.Create(Index, segments: 1);
        var file = PathOf("file");
        await File.WriteAllTextAsync(file, "hello", Cancellation);
        var half = PathOf("half");
        Directory.CreateDirectory(Path.Combine(half, "packs"));
        Directory.CreateDirectory(Path.Combine(half, "log"));
        foreach (var place in (string[])[PathOf("nowhere"), file, Path.Combine(file, "below"), half, Index])
        {
            foreach (var arguments in (string[][])[["list"], ["backup", Index], ["restore", "latest", Target]])
            {
                var error = await FailAsync(ExitCodes.NoRepository, ErrorCode.RepositoryNotFound, place, [.. arguments, "-r", place]);
                Assert.Contains("init", error.GetProperty("hint").GetString()!, StringComparison.Ordinal);
            }
        }

        // What an interrupted init left is taken up again.
        await MustAsync("init", "-r", half);
        await MustAsync("backup", Index, "-r", half);
    }

    [Fact]
    public async Task Init_refuses_what_holds_something_else()
    {
        TantivyFiles.Create(Index, segments: 1);
        var file = PathOf("file");
        await File.WriteAllTextAsync(file, "hello", Cancellation);
        await FailAsync(ExitCodes.Refused, ErrorCode.RepositoryNotEmpty, file, "init", "-r", file);
        await FailAsync(ExitCodes.Refused, ErrorCode.RepositoryNotEmpty, file, "init", "-r", Path.Combine(file, "some", "where"));
        await FailAsync(ExitCodes.Refused, ErrorCode.RepositoryNotEmpty, Index, "init", "-r", Index);
        await FailAsync(ExitCodes.Failed, ErrorCode.PathNotFound, "xxxx", "init", "-r", PathOf(new string('x', 300)));
    }

    [Theory]
    [InlineData("", ExitCodes.Damaged, ErrorCode.RepositoryDamaged)]
    [InlineData("{", ExitCodes.Damaged, ErrorCode.RepositoryDamaged)]
    [InlineData("null", ExitCodes.Damaged, ErrorCode.RepositoryDamaged)]
    [InlineData("{}", ExitCodes.Damaged, ErrorCode.RepositoryDamaged)]
    [InlineData("newer", ExitCodes.RepositoryNewer, ErrorCode.RepositoryNewer)]
    public async Task A_damaged_or_newer_description_stops_every_command(string content, int exit, string code)
    {
        DamagedBecause = "its description is harmed";
        TantivyFiles.Create(Index, segments: 1);
        await MustAsync("init");
        await MustAsync("backup", Index);
        var description = Path.Combine(Repository, "segvault.json");
        var text = content == "newer"
            ? Encoding.UTF8.GetString((RepositoryDescriptor.Parse(await File.ReadAllBytesAsync(description, Cancellation), "") with { Format = 2 }).ToBytes())
            : content;
        await File.WriteAllTextAsync(description, text, Cancellation);

        foreach (var arguments in (string[][])[["list"], ["backup", Index], ["restore", "latest", Target], ["init"], ["verify"], ["show", "latest"]])
        {
            await FailAsync(exit, code, Repository, arguments);
        }
    }

    [Fact]
    public async Task Index_repository_and_target_do_not_lie_in_one_another()
    {
        TantivyFiles.Create(Index, segments: 1);
        await MustAsync("init");
        await MustAsync("backup", Index);
        await FailAsync(ExitCodes.Refused, ErrorCode.PathsOverlap, Repository, "restore", "latest", Path.Combine(Repository, "x"));
        await FailAsync(ExitCodes.Refused, ErrorCode.PathsOverlap, Repository, "restore", "latest", Repository, "--replace");
        await FailAsync(ExitCodes.Refused, ErrorCode.PathsOverlap, Repository, "restore", "latest", Root, "--replace");

        var inside = Path.Combine(Index, "repository");
        await MustAsync("init", "-r", inside);
        await FailAsync(ExitCodes.Refused, ErrorCode.PathsOverlap, inside, "backup", Index, "-r", inside);
        var indexInside = Path.Combine(Repository, "index");
        TantivyFiles.Create(indexInside, segments: 1);
        await FailAsync(ExitCodes.Refused, ErrorCode.PathsOverlap, Repository, "backup", indexInside);
    }

    [Fact]
    public async Task A_target_that_is_something_else_is_refused()
    {
        TantivyFiles.Create(Index, segments: 1);
        await MustAsync("init");
        await MustAsync("backup", Index);
        var file = PathOf("file");
        await File.WriteAllTextAsync(file, "hello", Cancellation);
        var other = Directory.CreateDirectory(PathOf("other")).FullName;
        await File.WriteAllTextAsync(Path.Combine(other, "letter.txt"), "hello", Cancellation);

        await FailAsync(ExitCodes.Refused, ErrorCode.TargetExists, file, "restore", "latest", file);
        await FailAsync(ExitCodes.Refused, ErrorCode.TargetExists, file, "restore", "latest", file, "--replace");
        await FailAsync(ExitCodes.Refused, ErrorCode.TargetExists, file, "restore", "latest", Path.Combine(file, "some", "where"));
        await FailAsync(ExitCodes.Refused, ErrorCode.TargetNotAnIndex, other, "restore", "latest", other);
        await FailAsync(ExitCodes.Refused, ErrorCode.TargetNotAnIndex, other, "restore", "latest", other, "--replace");
        var exists = await FailAsync(ExitCodes.Refused, ErrorCode.TargetExists, Index, "restore", "latest", Index);
        Assert.Contains("--replace", exists.GetProperty("hint").GetString()!, StringComparison.Ordinal);
        await FailAsync(ExitCodes.Refused, ErrorCode.TargetExists, Index, "restore", "latest", Index, "--dry-run");
    }

    [Fact]
    public async Task A_backup_behind_damage_of_the_log_is_restored_by_its_full_id_only()
    {
        DamagedBecause = "an entry of the log is harmed";
        var files = TantivyFiles.Create(Index, segments: 1);
        await MustAsync("init");
        await MustAsync("backup", Index);
        files.AddSegment(7);
        files.WriteMeta();
        var second = (await MustAsync("backup", Index)).GetProperty("backup").GetString()!;
        var entry = Directory.GetFiles(Path.Combine(Repository, "log"), "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal).Last();
        var bytes = await File.ReadAllBytesAsync(entry, Cancellation);
        bytes[^1] ^= 1;
        await File.WriteAllBytesAsync(entry, bytes, Cancellation);

        await FailAsync(ExitCodes.Damaged, ErrorCode.RepositoryDamaged, "log/", "restore", "latest", Target);
        await FailAsync(ExitCodes.Damaged, ErrorCode.RepositoryDamaged, "log/", "restore", second[..8], Target);
        await FailAsync(ExitCodes.Damaged, ErrorCode.RepositoryDamaged, "log/", "backup", Index, "--full");
        await MustAsync("show", second);
        Assert.Equal(files.Documents, (await MustAsync("restore", second, Target)).GetProperty("documents").GetInt64());
    }
}
