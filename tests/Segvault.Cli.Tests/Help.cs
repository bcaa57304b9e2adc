using System.CommandLine;
using Segvault.Cli.Input;
using Xunit;

namespace Segvault.Cli.Tests;

public sealed class Help
{
    public static TheoryData<string> Commands => [.. CommandLine.Build(new CommonOptions()).Subcommands.Select(command => command.Name)];

    [Fact]
    public void There_are_the_commands_of_this_version() =>
        Assert.Equal(["init", "backup", "list", "show", "restore", "verify", "inspect", "snapshot", "diff", "demo"], Commands.Select(row => row.Data));

    [Fact]
    public async Task Lists_every_command()
    {
        var run = (await InProcess.RunAsync("--help")).MustExit(0);

        Assert.All(Commands, row => Assert.Contains($"  {row.Data} ", run.Out, StringComparison.Ordinal));
        Assert.Empty(run.Error);
    }

    [Theory]
    [MemberData(nameof(Commands))]
    public async Task Lists_every_option_of_a_command(string name)
    {
        var run = (await InProcess.RunAsync(name, "--help")).MustExit(0);

        var command = CommandLine.Build(new CommonOptions()).Subcommands.Single(command => command.Name == name);
        Assert.All(command.Options, option => Assert.Contains(option.Name, run.Out, StringComparison.Ordinal));
        Assert.Contains("--repository", run.Out, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Commands))]
    public void Everything_has_a_description(string name)
    {
        var command = CommandLine.Build(new CommonOptions()).Subcommands.Single(command => command.Name == name);

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
