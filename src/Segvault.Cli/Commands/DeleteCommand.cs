using System.CommandLine;
using Segvault.Cli.Input;
using Segvault.Cli.Output;
using Segvault.Cli.Reports;
using static Segvault.Cli.Input.CommonOptions;

namespace Segvault.Cli.Commands;

internal sealed class DeleteCommand : SegvaultCommand
{
    private readonly Argument<string[]> _backups = new("BACKUP")
    {
        Description = "The backups to delete: ids, their first four or more characters, or latest.",
        Arity = ArgumentArity.OneOrMore,
    };

    private readonly Option<bool> _dryRun = Flag("--dry-run", "Say what would go and what that would free, and do nothing.");
    private readonly CollectionSteps _collection = new();

    public DeleteCommand()
        : base("delete", "Delete backups; others are not harmed, and undelete brings them back until they are collected.")
    {
        Add(_backups);
        foreach (var option in (Option[])[_dryRun, .. _collection.All])
        {
            Add(option);
        }
    }

    public override async Task<int> RunAsync(Invocation run, CancellationToken cancellationToken)
    {
        var directory = run.RepositoryDirectory;
        var collection = _collection.Read(run);
        await using var repository = await BackupRepository.OpenAsync(directory, cancellationToken);
        var manager = new BackupManager(repository, run.ManagerOptions());
        var backups = new List<BackupId>();
        foreach (var backup in run.Get(_backups))
        {
            backups.Add((await new BackupChoice(backup).FindAsync(manager, cancellationToken)).Id);
        }

        var removal = new RemovalSteps(run, repository, collection);
        var outcome = run.Get(_dryRun)
            ? await removal.PlanAsync(await repository.PlanDeleteAsync(backups, cancellationToken), cancellationToken)
            : await removal.FinishAsync((await repository.DeleteBackupsAsync(backups, cancellationToken)).Removed, cancellationToken);
        run.Output.Finish(
            RemovalLine.Fill(new DeleteLine(), outcome), CliJson.Lines.DeleteLine, ExitCodes.Done, people => RemovalText.WriteEnd(people, outcome), isData: outcome.DryRun);
        return ExitCodes.Done;
    }
}
