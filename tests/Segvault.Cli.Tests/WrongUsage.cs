using Xunit;

namespace Segvault.Cli.Tests;

public sealed class WrongUsage
{
    [Theory]
    [InlineData("archive create index dir --compression max")]
    [InlineData("backup index --speed 10M")]
    [InlineData("backup index --include *.idx")]
    [InlineData("backup index --as group")]
    [InlineData("init --encrypt")]
    [InlineData("init --key-file key")]
    [InlineData("verify --repair --into index")]
    [InlineData("list --all")]
    [InlineData("show --files latest")]
    [InlineData("demo --keep-everything")]
    [InlineData("archive create index dir --full")]
    [InlineData("archive create index dir --rehash")]
    [InlineData("archive restore file target --at 1h")]
    [InlineData("archive restore file target --name index")]
    [InlineData("archive verify file --read-data")]
    [InlineData("archive list dir --name index")]
    [InlineData("export latest file --incremental")]
    [InlineData("import file --note text")]
    [InlineData("delete abcd --force")]
    [InlineData("undelete abcd --gc")]
    [InlineData("prune --keep-minutely 3")]
    [InlineData("gc --force")]
    public async Task An_option_that_does_not_exist_is_never_a_silent_no_op(string line)
    {
        var run = await InProcess.RunAsync([.. line.Split(' '), "-r", "/nowhere"]);

        run.MustExit(2);
        Assert.Contains("has no option --", run.Error, StringComparison.Ordinal);
        Assert.Empty(run.Out);
    }

    [Theory]
    [InlineData("archive delete file")]
    [InlineData("copy --to elsewhere")]
    [InlineData("key list")]
    [InlineData("watch index")]
    public async Task A_command_that_does_not_exist_is_said_to_be_none(string line)
    {
        var run = await InProcess.RunAsync(line.Split(' '));

        run.MustExit(2);
        Assert.Contains("no ", run.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("backup -r repo", "INDEX")]
    [InlineData("show -r repo", "BACKUP")]
    [InlineData("restore latest -r repo", "TARGET")]
    [InlineData("restore -r repo", "BACKUP")]
    [InlineData("inspect", "INDEX")]
    [InlineData("demo", "INDEX")]
    [InlineData("snapshot", "INDEX")]
    [InlineData("snapshot index", "DIR")]
    [InlineData("snapshot index dir another", "another")]
    [InlineData("snapshot index dir --engine lucene", "lucene")]
    [InlineData("snapshot index dir --run=", "--run")]
    [InlineData("snapshot index dir --wait soon", "soon")]
    [InlineData("snapshot index dir --lock-name name", "--lock")]
    [InlineData("diff -r repo", "FIRST")]
    [InlineData("diff latest -r repo", "SECOND")]
    [InlineData("backup one two -r repo", "two")]
    [InlineData("backup index --priority high -r repo", "there is no 'high'")]
    [InlineData("backup index --limit fast -r repo", "'fast' is not a rate")]
    [InlineData("backup index --limit 0 -r repo", "'0' is not a rate")]
    [InlineData("backup index --limit 50Q -r repo", "'50Q' is not a rate")]
    [InlineData("backup index --limit 2000G -r repo", "'2000G' is not a rate")]
    [InlineData("backup index --compression best -r repo", "there is no 'best'")]
    [InlineData("delete -r repo", "BACKUP")]
    [InlineData("delete abcd --grace 1h -r repo", "--grace goes with --gc")]
    [InlineData("undelete -r repo", "BACKUP")]
    [InlineData("prune -r repo", "needs a rule")]
    [InlineData("prune --name index --force -r repo", "needs a rule")]
    [InlineData("prune --keep-last 0 -r repo", "'0' is no number")]
    [InlineData("prune --keep-daily -1 -r repo", "--keep-daily")]
    [InlineData("prune --keep-daily many -r repo", "'many' is no number")]
    [InlineData("prune --keep-within 3 -r repo", "'3' is not a duration")]
    [InlineData("prune abcd --keep-last 1 -r repo", "abcd")]
    [InlineData("gc --grace soon -r repo", "soon")]
    [InlineData("gc abcd -r repo", "abcd")]
    [InlineData("list one -r repo", "one")]
    [InlineData("", "command")]
    [InlineData("archive", "'archive' needs a command: create, restore, verify, list")]
    [InlineData("archive delete file", "'archive delete'")]
    [InlineData("archive create index", "DIR")]
    [InlineData("archive create", "'archive create' needs INDEX")]
    [InlineData("archive restore file", "TARGET")]
    [InlineData("archive verify", "ARCHIVE")]
    [InlineData("archive list", "DIR")]
    [InlineData("archive list one two", "two")]
    [InlineData("archive create index dir --level 10", "'10' is no level of tar.gz")]
    [InlineData("archive create index dir --level -1", "--level needs a value")]
    [InlineData("archive create index dir --level high", "high")]
    [InlineData("archive create index dir --level 0 --format tar.zst", "'0' is no level of tar.zst")]
    [InlineData("archive create index dir --level=20 --format tar.zst", "'20' is no level of tar.zst")]
    [InlineData("archive create index dir --format zip", "zip")]
    [InlineData("archive create index dir --base=", "--base")]
    [InlineData("archive create index dir --label color", "color")]
    [InlineData("archive create index dir --engine lucene", "lucene")]
    [InlineData("archive restore file target --in-place", "--replace")]
    [InlineData("archive restore file target --wait soon", "soon")]
    [InlineData("export latest -r repo", "FILE")]
    [InlineData("export latest file.tar.zst --level 0 -r repo", "'0' is no level of tar.zst")]
    [InlineData("export latest file.tar.gz --level 19 -r repo", "'19' is no level of tar.gz")]
    [InlineData("export latest file --format rar -r repo", "rar")]
    [InlineData("import -r repo", "FILE")]
    [InlineData("restore abcd target --at 1h -r repo", "--at")]
    [InlineData("restore latest target --at yesterday -r repo", "yesterday")]
    [InlineData("restore latest target --in-place -r repo", "--replace")]
    [InlineData("restore latest target --wait soon -r repo", "soon")]
    [InlineData("backup index --wait 10 -r repo", "10")]
    [InlineData("backup index --label color -r repo", "color")]
    [InlineData("backup index --label a=1 --label a=2 -r repo", "twice")]
    [InlineData("backup index --engine lucene -r repo", "lucene")]
    [InlineData("backup index --lock redis://:secret@host -r repo", "redis://")]
    [InlineData("backup index --lock-name name -r repo", "--lock")]
    [InlineData("backup index --name a --name b -r repo", "--name")]
    [InlineData("backup index --name -r repo", "--name")]
    [InlineData("backup index --name= -r repo", "--name")]
    [InlineData("backup index -r", "--repository needs a value")]
    [InlineData("backup index --name --full -r repo", "--name needs a value")]
    [InlineData("backup index --wait 1s --wait 2s -r repo", "--wait is given 2 times")]
    public async Task Says_what_is_wrong_and_ends_with_2(string line, string mentioned)
    {
        var run = await InProcess.RunAsync(line.Split(' ', StringSplitOptions.RemoveEmptyEntries));

        run.MustExit(2);
        Assert.Contains(mentioned, run.Error, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("secret", run.Error, StringComparison.Ordinal);
        Assert.Empty(run.Out);
    }

    [Theory]
    [InlineData("init")]
    [InlineData("list")]
    [InlineData("backup index")]
    [InlineData("show latest")]
    [InlineData("diff latest abcd")]
    [InlineData("restore latest target")]
    [InlineData("verify")]
    [InlineData("export latest file")]
    [InlineData("import file")]
    public async Task Without_a_repository_the_option_and_the_variable_are_named(string line)
    {
        var run = await InProcess.RunAsync(line.Split(' '));

        run.MustExit(2);
        Assert.Contains("-r", run.Error, StringComparison.Ordinal);
        Assert.Contains("SEGVAULT_REPOSITORY", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_variables_stand_in_for_the_options()
    {
        var process = new InProcess { Variables = { ["SEGVAULT_REPOSITORY"] = "sftp://user:secret@host/path" } };
        Assert.Contains("sftp://", (await process.CompleteAsync("list")).MustExit(2).Error, StringComparison.Ordinal);

        process.Variables["SEGVAULT_LOCK"] = "postgres://user:secret@host";
        var locked = await process.CompleteAsync("backup", "index", "-r", "repo");
        Assert.Contains("postgres://", locked.MustExit(2).Error, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", locked.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("list")]
    [InlineData("backup")]
    [InlineData("backup index --include max")]
    [InlineData("restore latest target --at never -r repo")]
    [InlineData("export latest")]
    public async Task With_json_the_error_is_one_line_and_standard_error_is_silent(string line)
    {
        var run = await InProcess.RunAsync([.. line.Split(' '), "--json"]);

        run.MustExit(2);
        Assert.Single(run.Lines);
        Assert.Equal("usage", run.ErrorCode);
        Assert.Equal(line.Split(' ')[0], run.Last.GetProperty("command").GetString());
        Assert.NotEmpty(run.Last.GetProperty("message").GetString()!);
        Assert.NotEmpty(run.Last.GetProperty("hint").GetString()!);
        Assert.Empty(run.Error);
    }

    [Theory]
    [InlineData("archive create index", "archive create")]
    [InlineData("archive list dir --no-such", "archive list")]
    [InlineData("archive", "archive")]
    [InlineData("archive nothing", "archive")]
    [InlineData("nothing", "segvault")]
    public async Task With_json_the_error_names_the_whole_command(string line, string command)
    {
        var run = await InProcess.RunAsync([.. line.Split(' '), "--json"]);

        Assert.Equal("usage", run.MustExit(2).ErrorCode);
        Assert.Equal(command, run.Last.GetProperty("command").GetString());
    }

    [Fact]
    public async Task The_real_process_ends_with_2_too()
    {
        var run = await SegvaultProcess.RunAsync("backup", "index", "--json");

        Assert.Equal("usage", run.MustExit(2).ErrorCode);
        Assert.Empty(run.Error);
    }
}
