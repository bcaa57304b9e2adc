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

    private readonly Option<bool> _readData = CommonOptions.Flag("--read-data", "Read, decode and hash every stored byte as well.");

    private readonly RepairSteps _repair = new();

    public VerifyCommand()
        : base("verify", "Verify the repository, or some of its backups.")
    {
        Add(_backups);
        Add(_readData);
        foreach (var option in _repair.All)
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

        await using var repository = await BackupRepository.OpenAsync(run.RepositoryDirectory, cancellationToken);
        var manager = new BackupManager(repository, run.ManagerOptions());
        var backups = ImmutableArray.CreateBuilder<BackupId>();
        foreach (var backup in run.Get(_backups))
        {
            backups.Add((await new BackupChoice(backup).FindAsync(manager, cancellationToken)).Id);
        }

        var options = new VerifyOptions
        {
            Level = run.Get(_readData) ? VerifyLevel.Data : VerifyLevel.Structure,
            Backups = backups.ToImmutable(),
        };
        var report = await run.ShowProgressAsync(progress => manager.VerifyBackupsAsync(options, progress, cancellationToken));
        var exit = report.Problems.IsEmpty ? ExitCodes.Done : ExitCodes.Damaged;
        run.Output.Finish(VerifyLine.From(this.FullName(), report), CliJson.Lines.VerifyLine, exit, people => VerifyText.Write(people, report));
        return exit;
    }
}
