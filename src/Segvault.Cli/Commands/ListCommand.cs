using System.CommandLine;
using Segvault.Cli.Input;
using Segvault.Cli.Output;
using Segvault.Cli.Reports;

namespace Segvault.Cli.Commands;

internal sealed class ListCommand : SegvaultCommand
{
    private readonly Option<string> _name = CommonOptions.Text("--name", "NAME", "Only the backups of this index.");

    public ListCommand()
        : base("list", "List the backups, oldest first.") => Add(_name);

    public override async Task<int> RunAsync(Invocation run, CancellationToken cancellationToken)
    {
        await using var repository = await BackupRepository.OpenAsync(run.RepositoryDirectory, cancellationToken);
        var manager = new BackupManager(repository, run.ManagerOptions());
        var backups = new List<BackupSummary>();
        await foreach (var backup in manager.ListBackupsAsync(run.Get(_name), cancellationToken))
        {
            backups.Add(backup);
        }

        var line = new ListLine([.. backups.Select(ListedBackup.From)]);
        run.Output.Finish(line, CliJson.Lines.ListLine, ExitCodes.Done, people => ListText.Write(people, backups), isData: true);
        return ExitCodes.Done;
    }
}
