using System.Collections.Immutable;
using System.CommandLine;
using Segvault.Cli.Input;
using Segvault.Cli.Output;
using Segvault.Cli.Reports;

namespace Segvault.Cli.Commands;

internal sealed class ConfirmCommand : SegvaultCommand
{
    private readonly Argument<string[]> _backups = new("BACKUP")
    {
        Description = "The backups that are marked and as they should be.",
        Arity = ArgumentArity.OneOrMore,
    };

    public ConfirmCommand()
        : base("confirm", "Say that backups which are marked as suspicious are as they should be.") => Add(_backups);

    public override async Task<int> RunAsync(Invocation run, CancellationToken cancellationToken)
    {
        await using var repository = await BackupRepository.OpenAsync(run.RepositoryDirectory, cancellationToken);
        var manager = new BackupManager(repository, run.ManagerOptions());
        var backups = ImmutableArray.CreateBuilder<BackupId>();
        foreach (var backup in run.Get(_backups))
        {
            backups.Add((await new BackupChoice(backup).FindAsync(manager, cancellationToken)).Id);
        }

        var confirmed = await repository.ConfirmBackupsAsync(backups.ToImmutable(), cancellationToken);
        run.Output.Finish(ConfirmLine.From(confirmed), CliJson.Lines.ConfirmLine, ExitCodes.Done, people => ConfirmText.Write(people, confirmed));
        return ExitCodes.Done;
    }
}
