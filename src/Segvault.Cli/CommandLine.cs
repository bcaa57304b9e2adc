using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;
using Segvault.Cli.Commands;
using Segvault.Cli.Input;
using Segvault.Cli.Output;

namespace Segvault.Cli;

/// <summary>The whole command line: what there is, and how one run of it goes.</summary>
internal static class CommandLine
{
    /// <summary>The tree of commands, for parsing, help and tests.</summary>
    public static Command Build(CommonOptions common)
    {
        // Not a RootCommand: that one is named after the executable, and brings directives.
        var root = new Command("segvault", "Backup and restore for search indexes: consistent while the writer keeps writing, incremental, verified.")
        {
            new HelpOption("--help", "-h", "-?") { Description = "Show what there is and how to use it." },
            new VersionOption { Description = "Show the version." },
            new InitCommand(),
            new BackupCommand(),
            new ListCommand(),
            new ShowCommand(),
            new RestoreCommand(),
            new VerifyCommand(),
            new StatusCommand(),
            new DrillCommand(),
            new ConfirmCommand(),
            new DeleteCommand(),
            new UndeleteCommand(),
            new PruneCommand(),
            new GcCommand(),
            new ArchiveCommand(),
            new ExportCommand(),
            new ImportCommand(),
            new InspectCommand(),
            new SnapshotCommand(),
            new DiffCommand(),
            new StoreCommand(),
            new DemoCommand(),
        };
        foreach (var option in common.All)
        {
            root.Add(option);
        }

        return root;
    }

    /// <summary>Parses and runs a command line, and returns the exit code. Never throws.</summary>
    public static async Task<int> RunAsync(IReadOnlyList<string> arguments, CommandHost host, CancellationToken interrupted)
    {
        var common = new CommonOptions();
        var root = Build(common);
        foreach (var command in root.Leaves())
        {
            command.SetAction((parsed, cancellationToken) => RunAsync(command, parsed, common, host, cancellationToken));
        }

        // A file name may begin with '@': there are no response files.
        var parsed = root.Parse(arguments, new ParserConfiguration { ResponseFileTokenReplacer = null });
        var isCommand = parsed.CommandResult.Command is SegvaultCommand chosen && parsed.Action == chosen.Action;
        if ((isCommand || parsed.Action is null or ParseErrorAction) && UsageErrors.Find(parsed, arguments) is { } wrong)
        {
            var failure = ErrorReporter.Describe(wrong, CancellationToken.None);
            return Fail(CreateOutput(parsed, common, host), parsed.CommandResult.Command.FullName(), failure);
        }

        // The process's signals are handled in one place, see Interruption.
        var configuration = new InvocationConfiguration
        {
            Output = host.Out,
            Error = host.Error,
            EnableDefaultExceptionHandler = false,
            ProcessTerminationTimeout = null,
        };
        try
        {
            return await parsed.InvokeAsync(configuration, interrupted);
        }
        catch (Exception e) when (StandardStreams.IsFailure(e))
        {
            // Help that cannot be printed; a command's own failures do not come this far.
            return Fail(CreateOutput(parsed, common, host), parsed.CommandResult.Command.FullName(), ErrorReporter.Describe(e, interrupted));
        }
    }

    private static async Task<int> RunAsync(SegvaultCommand command, ParseResult parsed, CommonOptions common, CommandHost host, CancellationToken interrupted)
    {
        var output = CreateOutput(parsed, common, host);
        try
        {
            return await command.RunAsync(new Invocation(parsed, common, host, output), interrupted);
        }
#pragma warning disable CA1031 // This is where every failure becomes a message and an exit code.
        catch (Exception e)
#pragma warning restore CA1031
        {
            return Fail(output, command.FullName(), ErrorReporter.Describe(e, interrupted));
        }
    }

    private static int Fail(IOutput output, string command, Failure failure)
    {
        try
        {
            output.Fail(command, failure);
        }
        catch (Exception e) when (StandardStreams.IsFailure(e))
        {
            // Nobody listens any more; the exit code still tells.
        }

        return failure.ExitCode;
    }

    private static IOutput CreateOutput(ParseResult parsed, CommonOptions common, CommandHost host)
    {
        bool Given(Option flag) => parsed.GetResult(flag) is { Implicit: false };
        return Given(common.Json)
            ? new JsonOutput(host, Given(common.Quiet))
            : new HumanOutput(host, new OutputStyle(Given(common.Quiet), Given(common.Verbose), !Given(common.NoColor) && host.Setting("NO_COLOR") is null));
    }
}
