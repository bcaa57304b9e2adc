using System.Text.Json;
using Microsoft.Extensions.Time.Testing;
using Segvault.Testing;
using Xunit;

namespace Segvault.Cli.Tests;

/// <summary>The commands for archives as a script would run them: real processes, real files, no repository.</summary>
public sealed class ArchiveStory : IDisposable
{
    private readonly TempDirectory _directory = new();
    private readonly TantivyFiles _files;

    public ArchiveStory() => _files = TantivyFiles.Create(Index, segments: 2, bytesPerFile: 2000);

    private string Index => _directory.Combine("products");

    private string Archives => _directory.Combine("usb", "archives");

    private string Target => _directory.Combine("restored");

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => _directory.Dispose();

    [Theory]
    [InlineData("tar.gz")]
    [InlineData("tar.zst")]
    public async Task An_index_is_archived_lost_and_restored_at_each_point(string format)
    {
        var before = DirectoryContent.Of(_files);
        var full = await MustAsync("archive", "create", Index, Archives, "--format", format, "--note", "one", "--label", "a=b");
        Assert.Equal(("full", "products", _files.Documents), (Text(full, "backupType"), Text(full, "name"), full.GetProperty("documents").GetInt64()));
        Assert.Matches($"^backup_full_[0-9]{{8}}_[0-9]{{6}}[.]{format}$", Path.GetFileName(Text(full, "archive")));
        Assert.Equal(new FileInfo(Text(full, "archive")).Length, full.GetProperty("bytesStored").GetInt64());
        Assert.Equal(JsonValueKind.Null, full.GetProperty("base").ValueKind);
        Assert.Empty(full.GetProperty("needs").EnumerateArray());

        var unchanged = await MustAsync("archive", "create", Index, Archives, "--incremental", "--format", format);
        Assert.True(unchanged.GetProperty("unchanged").GetBoolean());
        Assert.Equal(Text(full, "archive"), Text(unchanged, "archive"));
        Assert.Single(Directory.GetFileSystemEntries(Archives));

        var incremental = await ChangeAndArchiveAsync("--format", format);
        var after = DirectoryContent.Of(_files);
        Assert.Equal("incremental", Text(incremental, "backupType"));
        Assert.Equal(Path.GetFileName(Text(full, "archive")), Text(incremental, "base"));
        Assert.Equal([Text(incremental, "base")], Texts(incremental, "needs"));
        Assert.Matches($"^backup_incr_[0-9]{{8}}_[0-9]{{6}}(_[0-9]+)?[.]{format}$", Path.GetFileName(Text(incremental, "archive")));
        Assert.True(incremental.GetProperty("bytesNew").GetInt64() < incremental.GetProperty("bytes").GetInt64());

        var listed = (await MustAsync("archive", "list", Archives)).GetProperty("backups").EnumerateArray().ToArray();
        Assert.Equal([Text(full, "archive"), Text(incremental, "archive")], listed.Select(backup => Text(backup, "archive")));
        Assert.Equal(("one", "b"), (Text(listed[0], "note"), listed[0].GetProperty("labels").GetProperty("a").GetString()));
        Assert.Equal(Text(incremental, "base"), Text(listed[1], "baseArchive"));
        Assert.Equal([Text(incremental, "base")], Texts(listed[1], "needs"));
        Assert.Empty(listed[1].GetProperty("missing").EnumerateArray());

        var verified = await MustAsync("archive", "verify", Text(incremental, "archive"));
        Assert.Equal(("data", 1, 2), (Text(verified, "level"), verified.GetProperty("backups").GetInt32(), verified.GetProperty("packs").GetInt32()));
        Assert.Equal(2, (await MustAsync("archive", "verify", Archives)).GetProperty("backups").GetInt32());

        Directory.Delete(Index, recursive: true);
        var restored = await MustAsync("archive", "restore", Text(incremental, "archive"), Index);
        Assert.Equal(_files.Documents, restored.GetProperty("documents").GetInt64());
        Assert.Equal(after, DirectoryContent.Of(Index));
        Assert.Equal(ErrorCode.TargetExists, (await RunAsync("archive", "restore", Text(full, "archive"), Index)).MustExit(ExitCodes.Refused).ErrorCode);
        var replaced = await MustAsync("archive", "restore", Text(full, "archive"), Index, "--replace", "--keep-previous");
        Assert.StartsWith(Index + ".previous-", Text(replaced, "previous"), StringComparison.Ordinal);
        Assert.Equal(before, DirectoryContent.Of(Index));
        await MustAsync("archive", "restore", Text(incremental, "archive"), Index, "--replace", "--in-place");
        Assert.Equal(after, DirectoryContent.Of(Index));
    }

    [Fact]
    public async Task A_lost_base_is_named_found_elsewhere_or_made_up_for_by_an_index()
    {
        var full = Text(await MustAsync("archive", "create", Index, Archives), "archive");
        var incremental = Text(await ChangeAndArchiveAsync(), "archive");
        var elsewhere = _directory.CreateDirectory("elsewhere");
        File.Move(full, Path.Combine(elsewhere, Path.GetFileName(full)));

        var listed = Assert.Single((await MustAsync("archive", "list", Archives)).GetProperty("backups").EnumerateArray());
        Assert.Equal([Path.GetFileName(full)], Texts(listed, "missing"));
        var lost = (await RunAsync("archive", "restore", incremental, Target)).MustExit(ExitCodes.Damaged);
        Assert.Equal(ErrorCode.ArchiveMissing, lost.ErrorCode);
        Assert.Contains(Path.GetFileName(full), Text(lost.Last, "message"), StringComparison.Ordinal);
        Assert.Contains("--reuse", Text(lost.Last, "hint"), StringComparison.Ordinal);
        Assert.False(Directory.Exists(Target));
        var problems = (await RunAsync("archive", "verify", incremental)).MustExit(ExitCodes.Damaged).Summary.GetProperty("problems");
        Assert.Equal(Path.GetFileName(full), Text(Assert.Single(problems.EnumerateArray()), "object"));

        var found = Assert.Single((await MustAsync("archive", "list", Archives, "--base", elsewhere)).GetProperty("backups").EnumerateArray());
        Assert.Empty(found.GetProperty("missing").EnumerateArray());
        await MustAsync("archive", "verify", incremental, "--base", elsewhere);
        await MustAsync("archive", "restore", incremental, Target, "--base", elsewhere);
        Assert.Equal(DirectoryContent.Of(_files), DirectoryContent.Of(Target));

        await MustAsync("archive", "restore", incremental, Target + "-2", "--reuse", Index);
        Assert.Equal(DirectoryContent.Of(_files), DirectoryContent.Of(Target + "-2"));

        var next = (await RunAsync("archive", "create", Index, Archives, "--incremental")).MustExit(0);
        Assert.Equal("full", Text(next.Summary, "backupType"));
        var warning = next.Lines.Single(line => Text(line, "type") == "warning");
        Assert.Equal(ErrorCode.NoBase, Text(warning, "code"));
        Assert.Contains(Path.GetFileName(full), Text(warning, "message"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_archive_that_was_copied_elsewhere_is_restored_there()
    {
        var full = Text(await MustAsync("archive", "create", Index, Archives), "archive");
        var incremental = Text(await ChangeAndArchiveAsync(), "archive");
        var copy = _directory.CreateDirectory("other machine");
        foreach (var file in (string[])[full, incremental])
        {
            File.Copy(file, Path.Combine(copy, Path.GetFileName(file)));
        }

        Directory.Delete(Archives, recursive: true);
        var expected = DirectoryContent.Of(_files);
        Directory.Delete(Index, recursive: true);
        await new SegvaultProcess { WorkingDirectory = copy }.CompleteAsync("archive", "restore", Path.GetFileName(incremental), Target, "--json");
        Assert.Equal(expected, DirectoryContent.Of(Target));
    }

    [Fact]
    public async Task A_dry_run_says_what_would_happen_and_makes_nothing()
    {
        var hook = _directory.Combine("hook");
        var plan = await MustAsync("archive", "create", Index, Archives, "--dry-run", "--before", $"touch {hook}");
        Assert.True(plan.GetProperty("dryRun").GetBoolean());
        Assert.Equal(JsonValueKind.Null, plan.GetProperty("archive").ValueKind);
        Assert.Equal(plan.GetProperty("bytes").GetInt64(), plan.GetProperty("bytesNew").GetInt64());
        Assert.False(Directory.Exists(Archives) || File.Exists(hook));

        var full = Text(await MustAsync("archive", "create", Index, Archives), "archive");
        _files.AddSegment(5);
        _files.WriteMeta();
        var incremental = await MustAsync("archive", "create", Index, Archives, "--incremental", "--dry-run");
        Assert.Equal(("incremental", Path.GetFileName(full)), (Text(incremental, "backupType"), Text(incremental, "base")));
        Assert.Equal([Path.GetFileName(full)], Texts(incremental, "needs"));
        var restore = await MustAsync("archive", "restore", full, Target, "--dry-run");
        Assert.Equal(("archive restore", true), (Text(restore, "command"), restore.GetProperty("dryRun").GetBoolean()));
        Assert.False(Directory.Exists(Target));
        Assert.Single(Directory.GetFileSystemEntries(Archives));
    }

    [Fact]
    public async Task Archives_are_their_owner_s_alone()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "There are no modes on Windows.");
        var full = Text(await MustAsync("archive", "create", Index, Archives), "archive");

        if (!OperatingSystem.IsWindows())
        {
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(full));
        }
    }

    [Fact]
    public async Task Archives_of_the_same_second_get_a_number()
    {
        var process = new InProcess { TimeProvider = new FakeTimeProvider(Samples.Time) };
        for (var i = 0; i < 3; i++)
        {
            (await process.CompleteAsync("archive", "create", Index, Archives)).MustExit(0);
        }

        Assert.Equal(
            ["backup_full_20260331_180000.tar.gz", "backup_full_20260331_180000_2.tar.gz", "backup_full_20260331_180000_3.tar.gz"],
            Directory.GetFiles(Archives).Select(Path.GetFileName).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task An_index_that_moved_is_another_one_until_its_name_is_given()
    {
        await MustAsync("archive", "create", Index, Archives);
        var moved = _directory.CreateDirectory("elsewhere");
        Directory.Move(Index, Path.Combine(moved, "products"));

        var run = (await RunAsync("archive", "create", Path.Combine(moved, "products"), Archives, "--incremental")).MustExit(0);
        var warning = run.Lines.Single(line => Text(line, "type") == "warning");
        Assert.Equal(ErrorCode.NoBase, Text(warning, "code"));
        Assert.Contains("--name products", Text(warning, "message"), StringComparison.Ordinal);
        Assert.True((await MustAsync("archive", "create", Path.Combine(moved, "products"), Archives, "--incremental", "--name", "products")).GetProperty("unchanged").GetBoolean());
    }

    [Fact]
    public async Task A_backup_is_exported_imported_and_restored_as_it_was()
    {
        var (repository, other) = (_directory.Combine("repository"), _directory.Combine("other"));
        await MustAsync("init", "-r", repository);
        await MustAsync("init", "-r", other);
        await MustAsync("backup", Index, "-r", repository);
        _files.AddSegment(50);
        _files.WriteMeta();
        var taken = await MustAsync("backup", Index, "-r", repository);
        Assert.Equal("incremental", Text(taken, "backupType"));

        foreach (var (name, option) in (IEnumerable<(string, string[])>)[("one.tar.gz", []), ("two.tar.zst", ["--level", "19"]), ("three.bin", ["--format", "tar.zst"])])
        {
            var file = _directory.Combine("exports", name);
            var exported = await MustAsync(["export", "latest", file, "-r", repository, .. option]);
            Assert.Equal((file, "full", Text(taken, "backup")), (Text(exported, "archive"), Text(exported, "backupType"), Text(exported, "backup")));
            Assert.Equal(new FileInfo(file).Length, exported.GetProperty("bytesStored").GetInt64());
            var isGzip = (await File.ReadAllBytesAsync(file, Token)) is [0x1f, 0x8b, ..];
            Assert.Equal(name.EndsWith("gz", StringComparison.Ordinal), isGzip);
            await MustAsync("archive", "restore", file, Target + name);
            Assert.Equal(DirectoryContent.Of(_files), DirectoryContent.Of(Target + name));
        }

        var imported = await MustAsync("import", _directory.Combine("exports", "one.tar.gz"), "-r", other);
        Assert.Equal(("products", false, _files.Documents), (Text(imported, "name"), imported.GetProperty("unchanged").GetBoolean(), imported.GetProperty("documents").GetInt64()));
        var again = await MustAsync("import", _directory.Combine("exports", "two.tar.zst"), "-r", other);
        Assert.Equal((true, Text(imported, "backup")), (again.GetProperty("unchanged").GetBoolean(), Text(again, "backup")));
        Assert.Equal("named", Text(await MustAsync("import", _directory.Combine("exports", "three.bin"), "-r", other, "--name", "named"), "name"));
        var restored = (await RunAsync("restore", "latest", Target, "--name", "products", "-r", other)).MustExit(0);
        Assert.DoesNotContain(restored.Lines, line => Text(line, "type") == "warning");
        Assert.Equal(DirectoryContent.Of(_files), DirectoryContent.Of(Target));
        await MustAsync("verify", "--read-data", "-r", other);
    }

    [Fact]
    public async Task An_incremental_archive_is_imported_with_what_it_needs()
    {
        var full = Text(await MustAsync("archive", "create", Index, Archives), "archive");
        var incremental = Text(await ChangeAndArchiveAsync(), "archive");
        var elsewhere = _directory.CreateDirectory("elsewhere");
        File.Move(full, Path.Combine(elsewhere, Path.GetFileName(full)));
        var repository = _directory.Combine("repository");
        await MustAsync("init", "-r", repository);

        Assert.Equal(ErrorCode.ArchiveMissing, (await RunAsync("import", incremental, "-r", repository)).MustExit(ExitCodes.Damaged).ErrorCode);
        await MustAsync("import", incremental, "--base", elsewhere, "-r", repository);
        await MustAsync("restore", "latest", Target, "-r", repository);
        Assert.Equal(DirectoryContent.Of(_files), DirectoryContent.Of(Target));
    }

    [Fact]
    public async Task People_are_told_in_words()
    {
        var made = (await SegvaultProcess.RunAsync("archive", "create", Index, Archives, "--incremental")).MustExit(0);
        Assert.Contains("full, because it is the first of this index", made.Error, StringComparison.Ordinal);
        _files.AddSegment(5);
        _files.WriteMeta();
        var next = (await SegvaultProcess.RunAsync("archive", "create", Index, Archives, "--incremental")).MustExit(0);
        Assert.Contains("(incremental on backup_full_", next.Error, StringComparison.Ordinal);
        Assert.Contains("It cannot be restored without backup_full_", next.Error, StringComparison.Ordinal);
        var listed = (await SegvaultProcess.RunAsync("archive", "list", Archives)).MustExit(0);
        Assert.Equal(3, listed.Out.Split('\n', StringSplitOptions.RemoveEmptyEntries).Length);
        var verified = (await SegvaultProcess.RunAsync("archive", "verify", Archives)).MustExit(0);
        Assert.StartsWith("Verified archives: every byte read, decompressed and hashed.", verified.Out, StringComparison.Ordinal);
        Assert.Contains("2 backups in 2 archives", verified.Out, StringComparison.Ordinal);
        foreach (var line in (string[][])[["create", Index, Archives], ["create", Index, Archives, "--incremental"], ["restore", Directory.GetFiles(Archives)[0], Target]])
        {
            var run = (await SegvaultProcess.RunAsync(["archive", .. line, "--quiet"])).MustExit(0);
            Assert.Equal("", run.Out + run.Error);
        }
    }

    private static string Text(JsonElement element, string property) => element.GetProperty(property).GetString()!;

    private static IEnumerable<string> Texts(JsonElement element, string property) => element.GetProperty(property).EnumerateArray().Select(item => item.GetString()!);

    private async Task<JsonElement> ChangeAndArchiveAsync(params IEnumerable<string> options)
    {
        _files.AddSegment(30);
        _files.AddDelete(_files.Segments[1], 3);
        _files.RemoveSegment(_files.Segments[0]);
        _files.WriteMeta();
        _files.CollectGarbage();
        return await MustAsync(["archive", "create", Index, Archives, "--incremental", .. options]);
    }

    private static async Task<JsonElement> MustAsync(params IReadOnlyList<string> arguments) => (await RunAsync(arguments)).MustExit(0).Summary;

    private static Task<SegvaultRun> RunAsync(params IReadOnlyList<string> arguments) => SegvaultProcess.RunAsync([.. arguments, "--json"]);
}
