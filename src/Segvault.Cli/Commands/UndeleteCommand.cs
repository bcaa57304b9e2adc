using System.CommandLine;
using Segvault.Cli.Output;
using Segvault.Cli.Reports;

namespace Segvault.Cli.Commands;

internal sealed class UndeleteCommand : SegvaultCommand
{
    private readonly Argument<string[]> _backups = new("BACKUP")
    {
        Description = "The deleted backups: ids, or their first four or more characters.",
        Arity = ArgumentArity.OneOrMore,
    };

    public UndeleteCommand()
        : base("undelete", "Bring deleted backups back that are not collected yet.") => Add(_backups);

    public override async Task<int> RunAsync(Invocation run, CancellationToken cancellationToken)
    {
        await using var repository = await BackupRepository.OpenAsync(run.RepositoryDirectory, cancellationToken);
        var found = new List<BackupId>();
        foreach (var backup in run.Get(_backups))
        {
            found.Add((await repository.FindDeletedBackupAsync(backup, cancellationToken)).Id);
        }

        var backups = await repository.UndeleteBackupsAsync(found, cancellationToken);
        var line = new UndeleteLine([.. backups.Select(backup => backup.Id.ToString())], Quantities.Seconds(run.Elapsed));
        run.Output.Finish(line, CliJson.Lines.UndeleteLine, ExitCodes.Done, people => UndeleteText.Write(people, backups));
        return ExitCodes.Done;
    }
}
