using System.CommandLine;
using Segvault.Cli.Input;
using Segvault.Cli.Output;
using Segvault.Cli.Reports;
using static Segvault.Cli.Input.CommonOptions;

namespace Segvault.Cli.Commands;

internal sealed class ExportCommand : SegvaultCommand
{
    private readonly Argument<string> _backup = Required("BACKUP", "The backup: an id, its first four or more characters, or latest.");
    private readonly Argument<string> _file = Required("FILE", "The archive to make; its ending says how it is packed: .tar.gz or .tar.zst.");
    private readonly Option<string> _name = Text("--name", "NAME", "The index whose latest backup is meant.");
    private readonly CompressionOptions _compression = new();

    public ExportCommand()
        : base("export", "Write a backup of the repository into one archive that is complete by itself.")
    {
        Add(_backup);
        Add(_file);
        foreach (var option in (Option[])[_name, .. _compression.All])
        {
            Add(option);
        }
    }

    public override async Task<int> RunAsync(Invocation run, CancellationToken cancellationToken)
    {
        var directory = run.RepositoryDirectory;
        var file = run.Get(_file);
        var options = _compression.Read(run, ArchiveOptions.FormatOf(file) ?? ArchiveFormat.TarGz);
        var choice = new BackupChoice(run.Get(_backup), run.Get(_name)) { CanName = true };
        await using var repository = await BackupRepository.OpenAsync(directory, cancellationToken);
        var manager = new BackupManager(repository, run.ManagerOptions());
        var backup = await choice.FindAsync(manager, cancellationToken);
        if (await choice.FindDoubtAsync(manager, backup, run.TimeProvider, cancellationToken) is { } doubt)
        {
            run.Output.Warn(doubt);
        }

        var result = await run.ShowProgressAsync(progress => repository.ExportBackupAsync(backup.Id, file, options, progress, cancellationToken));
        run.Output.Finish(ExportLine.From(result), CliJson.Lines.ExportLine, ExitCodes.Done, people => ExportText.Write(people, result));
        return ExitCodes.Done;
    }
}
