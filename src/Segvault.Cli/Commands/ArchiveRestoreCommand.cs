using System.CommandLine;
using Segvault.Cli.Input;
using static Segvault.Cli.Input.CommonOptions;

namespace Segvault.Cli.Commands;

internal sealed class ArchiveRestoreCommand : SegvaultCommand
{
    private readonly Argument<string> _archive = Required("ARCHIVE", "The archive's path.");
    private readonly Argument<string> _target = Required("TARGET", "The directory to restore to.");
    private readonly Option<string> _reuse = Text("--reuse", "INDEX", "An index whose files take the place of those in archives that are lost, where their SHA-256 is the one needed.");
    private readonly BaseOptions _bases = new();
    private readonly RestoreSteps _steps = new();

    public ArchiveRestoreCommand()
        : base("restore", "Restore an archive, proven before it replaces anything.")
    {
        Add(_archive);
        Add(_target);
        foreach (var option in (Option[])[.. _bases.All, _reuse, .. _steps.All])
        {
            Add(option);
        }
    }

    public override async Task<int> RunAsync(Invocation run, CancellationToken cancellationToken)
    {
        var archive = Path.GetFullPath(run.Get(_archive));
        var target = run.Get(_target);
        var options = _steps.Read(run) with { ReuseFrom = run.Get(_reuse) is { } reuse ? Path.GetFullPath(reuse) : null };
        var managerOptions = _steps.ManagerOptions(run);
        var archiveOptions = new ArchiveOptions { BaseDirectories = _bases.Read(run) };
        var manager = new BackupManager(ArchiveDirectory.Open(ArchivePaths.DirectoryAround(archive), archiveOptions, create: false), managerOptions);
        var backup = await manager.FindBackupAsync(archive, cancellationToken: cancellationToken);
        return await _steps.RunAsync(run, this.FullName(), manager, backup, target, options, cancellationToken);
    }
}
