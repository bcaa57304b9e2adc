using System.CommandLine;
using Segvault.Cli.Input;
using Segvault.Cli.Output;
using Segvault.Cli.Reports;
using static Segvault.Cli.Input.CommonOptions;

namespace Segvault.Cli.Commands;

/// <summary>What every command that restores has in common, wherever the backup is: its options, and the restore itself.</summary>
internal sealed class RestoreSteps
{
    private const string DamagedFlag = "damaged";

    private readonly Option<bool> _replace = Flag("--replace", "Replace the index that is in the target.");
    private readonly Option<bool> _inPlace = Flag("--in-place", "With --replace: file by file inside the directory instead of exchanging it.");
    private readonly Option<bool> _keepPrevious = Flag("--keep-previous", "Keep the index that is replaced beside the target.");
    private readonly Option<string> _owner = Text("--owner", "USER:GROUP", "Owner of the restored files.");
    private readonly Option<string> _wait = Text("--wait", "DURATION", "How long to wait for the target's locks; not at all by default.");
    private readonly Option<bool> _dryRun = Flag("--dry-run", "Say what would be done, and do nothing.");
    private readonly LockOptions _lock = new();

    public IEnumerable<Option> All => [_replace, _inPlace, _keepPrevious, _owner, _wait, _dryRun, .. _lock.All];

    public BackupManagerOptions ManagerOptions(Invocation run) => run.ManagerOptions(_lock.Provider(run));

    /// <exception cref="UsageException">The options contradict one another.</exception>
    public RestoreOptions Read(Invocation run)
    {
        if (run.Get(_inPlace) && !run.Get(_replace))
        {
            throw new UsageException("--in-place goes with --replace.", "Give --replace too, or leave --in-place away.");
        }

        var options = new RestoreOptions
        {
            IfTargetExists = run.Get(_replace) ? IfTargetExists.Replace : IfTargetExists.Fail,
            InPlace = run.Get(_inPlace),
            KeepPrevious = run.Get(_keepPrevious),
            Wait = run.GetDuration(_wait),
            LockName = _lock.Name(run),
        };
        try
        {
            return options with { Owner = run.Get(_owner) };
        }
        catch (ArgumentException exception)
        {
            throw new UsageException($"--owner: {exception.InnerException?.Message ?? exception.Message}.", "Write --owner USER, USER:GROUP or :GROUP, by name or number.");
        }
    }

    /// <summary>Restores the backup, or says what that would do.</summary>
    /// <param name="run">The command's run.</param>
    /// <param name="command">The command's whole name.</param>
    /// <param name="manager">Where the backup is.</param>
    /// <param name="backup">The backup, as it was found there.</param>
    /// <param name="target">The directory to restore to.</param>
    /// <param name="options">How.</param>
    /// <param name="cancellationToken">Stops it; the target is as it was then.</param>
    public async Task<int> RunAsync(
        Invocation run, string command, BackupManager manager, BackupSummary backup, string target, RestoreOptions options, CancellationToken cancellationToken)
    {
        try
        {
            return run.Get(_dryRun)
                ? await PlanAsync(run, command, manager, backup, target, options, cancellationToken)
                : await RestoreAsync(run, command, manager, backup, target, options, cancellationToken);
        }
        catch (FormatException e) when (options.Owner is not null)
        {
            // Only the system knows its users, so the library finds out.
            throw new UsageException($"{_owner.Name}: {e.Message.TrimEnd('.')}.", "Give USER, USER:GROUP or :GROUP, by name or number.");
        }
    }

    private static async Task<int> RestoreAsync(
        Invocation run, string command, BackupManager manager, BackupSummary backup, string target, RestoreOptions options, CancellationToken cancellationToken)
    {
        var result = await run.ShowProgressAsync(progress => backup.Archive is { } archive
            ? manager.RestoreBackupAsync(archive, target, options, progress, cancellationToken)
            : manager.RestoreBackupAsync(backup.Id, target, options, progress, cancellationToken));
        run.Warn(result.Warnings);
        var exit = result.DamagedFiles.IsEmpty && result.LostFiles.IsEmpty ? ExitCodes.Done : ExitCodes.Incomplete;
        run.Output.Finish(RestoreLine.From(command, result), CliJson.Lines.RestoreLine, exit, people => RestoreText.Write(people, result, backup));
        return exit;
    }

    private static async Task<int> PlanAsync(
        Invocation run, string command, BackupManager manager, BackupSummary backup, string target, RestoreOptions options, CancellationToken cancellationToken)
    {
        var plan = backup.Archive is { } archive
            ? await manager.PlanRestoreAsync(archive, target, options, cancellationToken)
            : await manager.PlanRestoreAsync(backup.Id, target, options, cancellationToken);
        run.Warn(plan.Warnings);
        var exit = plan.SpaceAvailable < plan.SpaceNeeded ? ExitCodes.Refused
            : plan.Backup.Flags.Contains(DamagedFlag) || !plan.LostFiles.IsEmpty ? ExitCodes.Incomplete
            : ExitCodes.Done;
        run.Output.Finish(
            RestoreLine.From(command, plan, run.Elapsed), CliJson.Lines.RestoreLine, exit, people => RestoreText.Write(people, plan), isData: true);
        return exit;
    }
}
