using System.CommandLine;
using Segvault.Cli.Commands;
using Segvault.Cli.Input;
using Xunit;

namespace Segvault.Cli.Tests;

public sealed class Help
{
    public static TheoryData<string> Commands => [.. CommandLine.Build(new CommonOptions()).Leaves().Select(command => command.FullName())];

    internal static Command Find(string name) => CommandLine.Build(new CommonOptions()).Leaves().Single(command => command.FullName() == name);

    [Fact]
    public void There_are_the_commands_of_this_version() =>
        Assert.Equal(
            [
                "init", "backup", "list", "show", "restore", "verify", "status", "drill", "confirm", "delete", "undelete", "prune", "gc",
                "archive create", "archive restore", "archive verify", "archive list", "export", "import",
                "inspect", "snapshot", "diff", "store test", "demo",
            ],
            Commands.Select(row => row.Data));

    [Fact]
    public async Task Lists_every_command()
    {
        var run = (await InProcess.RunAsync("--help")).MustExit(0);

        Assert.All(Commands, row => Assert.Contains($"  {row.Data.Split(' ')[0]} ", run.Out, StringComparison.Ordinal));
        Assert.Empty(run.Error);
    }

    [Fact]
    public async Task Lists_the_commands_of_a_group()
    {
        var run = (await InProcess.RunAsync("archive", "--help")).MustExit(0);

        Assert.All((string[])["create", "restore", "verify", "list"], name => Assert.Contains($"  {name} ", run.Out, StringComparison.Ordinal));
        Assert.Contains("segvault archive [command]", run.Out, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Commands))]
    public async Task Lists_every_option_of_a_command(string name)
    {
        var run = (await InProcess.RunAsync([.. name.Split(' '), "--help"])).MustExit(0);

        var command = Find(name);
        Assert.All(command.Options, option => Assert.Contains(option.Name, run.Out, StringComparison.Ordinal));
        Assert.Contains("--repository", run.Out, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Commands))]
    public void Everything_has_a_description(string name)
    {
        var command = Find(name);

        Assert.NotEmpty(command.Description!);
        Assert.All(command.Options, option => Assert.False(string.IsNullOrEmpty(option.Description), option.Name));
        Assert.All(command.Arguments, argument => Assert.False(string.IsNullOrEmpty(argument.Description), argument.Name));
    }

    [Fact]
    public async Task The_real_process_starts_and_prints_help()
    {
        var run = (await SegvaultProcess.RunAsync("--help")).MustExit(0);

        Assert.Contains("segvault [command]", run.Out, StringComparison.Ordinal);
        Assert.Empty(run.Error);
    }
}
