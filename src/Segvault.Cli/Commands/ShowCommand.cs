using System.CommandLine;
using Segvault.Cli.Input;
using Segvault.Cli.Output;
using Segvault.Cli.Reports;

namespace Segvault.Cli.Commands;

internal sealed class ShowCommand : SegvaultCommand
{
    private readonly Argument<string> _backup = CommonOptions.Required("BACKUP", "The backup: an id, its first four or more characters, or latest.");

    public ShowCommand()
        : base("show", "Show a backup's manifest: documents, segments, versions, files with their checksums.") => Add(_backup);

    public override async Task<int> RunAsync(Invocation run, CancellationToken cancellationToken)
    {
        await using var repository = await BackupRepository.OpenAsync(run.RepositoryDirectory, cancellationToken);
        var manager = new BackupManager(repository, run.ManagerOptions());
        var backup = await new BackupChoice(run.Get(_backup)).FindAsync(manager, cancellationToken);
        var manifest = await manager.GetManifestAsync(backup.Id, cancellationToken);
        run.Output.Finish(ShowLine.From(manifest), CliJson.Lines.ShowLine, ExitCodes.Done, people => ShowText.Write(people, manifest), isData: true);
        return ExitCodes.Done;
    }
}
