using System.CommandLine;
using Segvault.Cli.Input;
using Segvault.Cli.Output;
using Segvault.Cli.Reports;
using static Segvault.Cli.Input.CommonOptions;

namespace Segvault.Cli.Commands;

internal sealed class ImportCommand : SegvaultCommand
{
    private readonly Argument<string> _file = Required("FILE", "The archive's path.");
    private readonly Option<string> _name = Text("--name", "NAME", "The index's name in the repository; the one that the archive records by default.");
    private readonly BaseOptions _bases = new();

    public ImportCommand()
        : base("import", "Store an archive as a backup of the repository, byte for byte.")
    {
        Add(_file);
        foreach (var option in (Option[])[_name, .. _bases.All])
        {
            Add(option);
        }
    }

    public override async Task<int> RunAsync(Invocation run, CancellationToken cancellationToken)
    {
        var directory = run.RepositoryDirectory;
        var file = Path.GetFullPath(run.Get(_file));
        _ = ArchivePaths.DirectoryAround(file);
        var options = new ImportOptions { Name = run.Get(_name), BaseDirectories = _bases.Read(run) };
        await using var repository = await BackupRepository.OpenAsync(directory, cancellationToken);
        var result = await run.ShowProgressAsync(progress => repository.ImportBackupAsync(file, options, progress, cancellationToken));
        run.Warn(result.Warnings);
        run.Output.Finish(ImportLine.From(result), CliJson.Lines.ImportLine, ExitCodes.Done, people => ImportText.Write(people, result));
        return ExitCodes.Done;
    }
}
