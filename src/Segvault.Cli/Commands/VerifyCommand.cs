using System.Collections.Immutable;
using System.CommandLine;
using Segvault.Cli.Input;
using Segvault.Cli.Output;
using Segvault.Cli.Reports;

namespace Segvault.Cli.Commands;

internal sealed class VerifyCommand : SegvaultCommand
{
    private readonly Argument<string[]> _backups = new("BACKUP")
    {
        Description = "The backups to verify; all when none is named.",
        Arity = ArgumentArity.ZeroOrMore,
    };

    private readonly VerifyLevels _levels = new();

    private readonly RepairSteps _repair = new();

    public VerifyCommand()
        : base("verify", "Verify the repository, or some of its backups.")
    {
        Add(_backups);
        foreach (var option in _levels.All.Concat(_repair.All))
        {
            Add(option);
        }
    }

    public override async Task<int> RunAsync(Invocation run, CancellationToken cancellationToken)
    {
        if (_repair.IsWanted(run))
        {
            return run.Get(_backups).Count == 0
                ? await _repair.RunAsync(run, this.FullName(), cancellationToken)
                : throw new UsageException("--repair concerns the whole repository.", "Leave the backups away.");
        }

        var directory = run.RepositoryDirectory;
        var options = _levels.Read(run);
        await using var repository = await BackupRepository.OpenAsync(directory, cancellationToken);
        var manager = new BackupManager(repository, run.ManagerOptions());
        var backups = ImmutableArray.CreateBuilder<BackupId>();
        foreach (var backup in run.Get(_backups))
        {
            backups.Add((await new BackupChoice(backup).FindAsync(manager, cancellationToken)).Id);
        }

        options = options with { Backups = backups.ToImmutable() };
        var report = await run.ShowProgressAsync(progress => manager.VerifyBackupsAsync(options, progress, cancellationToken));
        run.Warn(report.Warnings);
        var exit = report.Problems.IsEmpty ? ExitCodes.Done : ExitCodes.Damaged;
        run.Output.Finish(VerifyLine.From(this.FullName(), report), CliJson.Lines.VerifyLine, exit, people => VerifyText.Write(people, report));
        return exit;
    }
}
