using System.CommandLine;
using Segvault.Cli.Input;
using Segvault.Cli.Output;
using Segvault.Cli.Reports;
using Segvault.Engines;
using static Segvault.Cli.Input.CommonOptions;

namespace Segvault.Cli.Commands;

internal sealed class ArchiveCreateCommand : SegvaultCommand
{
    private readonly Argument<string> _index = Required("INDEX", "The index directory.");
    private readonly Argument<string> _directory = Required("DIR", "The directory to put the archive in; it is made when it is absent.");
    private readonly Option<bool> _incremental = Flag("--incremental", "Leave out what archives that are there already hold.");
    private readonly SourceOptions _source = new();
    private readonly CompressionOptions _compression = new();
    private readonly BaseOptions _bases = new();

    public ArchiveCreateCommand()
        : base("create", "Back up an index into one archive, consistently while its writer keeps writing.")
    {
        Add(_index);
        Add(_directory);
        foreach (var option in (Option[])[_incremental, .. _compression.All, .. _bases.All, .. _source.All])
        {
            Add(option);
        }
    }

    public override async Task<int> RunAsync(Invocation run, CancellationToken cancellationToken)
    {
        var source = _source.Open(run, run.Get(_index));
        var options = _source.Read(run, run.Get(_incremental) ? BackupType.Incremental : BackupType.Full);
        var archiveOptions = _compression.Read(run, ArchiveFormat.TarGz) with { BaseDirectories = _bases.Read(run) };
        var managerOptions = _source.ManagerOptions(run);

        // Made with the first archive and not before: a run that fails leaves nothing.
        var directory = ArchiveDirectory.Open(run.Get(_directory), archiveOptions, create: false);
        var manager = new BackupManager(directory, managerOptions);
        return _source.IsDryRun(run)
            ? await PlanAsync(run, manager, source, options, cancellationToken)
            : await TakeAsync(run, manager, source, options, cancellationToken);
    }

    private static async Task<int> TakeAsync(Invocation run, BackupManager manager, IndexSource source, BackupOptions options, CancellationToken cancellationToken)
    {
        var result = await run.ShowProgressAsync(progress => manager.CreateBackupAsync(source, options, progress, cancellationToken));
        run.Warn(result.Warnings);
        var exit = result.DamagedFiles.IsEmpty ? ExitCodes.Done : ExitCodes.Incomplete;
        run.Output.Finish(
            ArchiveCreateLine.From(result), CliJson.Lines.ArchiveCreateLine, exit, people => ArchiveCreateText.Write(people, result, options.Type));
        return exit;
    }

    private static async Task<int> PlanAsync(Invocation run, BackupManager manager, IndexSource source, BackupOptions options, CancellationToken cancellationToken)
    {
        var plan = await run.ShowProgressAsync(progress => manager.PlanBackupAsync(source, options, progress, cancellationToken));
        run.Warn(plan.Warnings);
        var exit = plan.DamagedFiles.IsEmpty ? ExitCodes.Done : ExitCodes.Incomplete;
        run.Output.Finish(
            ArchiveCreateLine.From(plan, run.Elapsed), CliJson.Lines.ArchiveCreateLine, exit, people => ArchiveCreateText.Write(people, plan), isData: true);
        return exit;
    }
}
