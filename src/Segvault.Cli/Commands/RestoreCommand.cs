using System.CommandLine;
using Segvault.Cli.Input;
using Segvault.Cli.Output;
using Segvault.Cli.Reports;
using static Segvault.Cli.Input.CommonOptions;

namespace Segvault.Cli.Commands;

internal sealed class RestoreCommand : SegvaultCommand
{
    private const string DamagedFlag = "damaged";

    private readonly Argument<string> _backup = Required("BACKUP", "The backup: an id, its first four or more characters, or latest.");
    private readonly Argument<string> _target = Required("TARGET", "The directory to restore to.");
    private readonly Option<string> _name = Text("--name", "NAME", "The index whose latest backup is meant.");
    private readonly Option<string> _at = Text("--at", "TIME", "With latest: the newest backup whose snapshot was pinned at or before this time.");
    private readonly Option<bool> _replace = Flag("--replace", "Replace the index that is in the target.");
    private readonly Option<bool> _inPlace = Flag("--in-place", "With --replace: file by file inside the directory instead of exchanging it.");
    private readonly Option<bool> _keepPrevious = Flag("--keep-previous", "Keep the index that is replaced beside the target.");
    private readonly Option<string> _owner = Text("--owner", "USER:GROUP", "Owner of the restored files.");
    private readonly Option<string> _wait = Text("--wait", "DURATION", "How long to wait for the target's locks; not at all by default.");
    private readonly Option<bool> _dryRun = Flag("--dry-run", "Say what would be done, and do nothing.");
    private readonly LockOptions _lock = new();

    public RestoreCommand()
        : base("restore", "Restore a backup, proven before it replaces anything.")
    {
        Add(_backup);
        Add(_target);
        foreach (var option in (Option[])[_name, _at, _replace, _inPlace, _keepPrevious, _owner, _wait, _dryRun, .. _lock.All])
        {
            Add(option);
        }
    }

    public override async Task<int> RunAsync(Invocation run, CancellationToken cancellationToken)
    {
        var directory = run.RepositoryDirectory;
        var target = run.Get(_target);
        var choice = ReadChoice(run);
        var options = ReadOptions(run);
        var managerOptions = run.ManagerOptions(_lock.Provider(run));
        await using var repository = await BackupRepository.OpenAsync(directory, cancellationToken);
        var manager = new BackupManager(repository, managerOptions);
        var backup = await choice.FindAsync(manager, cancellationToken);
        if (await choice.FindDoubtAsync(manager, backup, run.TimeProvider, cancellationToken) is { } doubt)
        {
            run.Output.Warn(doubt);
        }

        try
        {
            return run.Get(_dryRun)
                ? await PlanAsync(run, manager, backup, target, options, cancellationToken)
                : await RestoreAsync(run, manager, backup, target, options, cancellationToken);
        }
        catch (FormatException e) when (options.Owner is not null)
        {
            // Only the system knows its users, so the library finds out.
            throw new UsageException($"{_owner.Name}: {e.Message.TrimEnd('.')}.", "Give USER, USER:GROUP or :GROUP, by name or number.");
        }
    }

    private static async Task<int> RestoreAsync(
        Invocation run, BackupManager manager, BackupSummary backup, string target, RestoreOptions options, CancellationToken cancellationToken)
    {
        var result = await run.ShowProgressAsync(progress => manager.RestoreBackupAsync(backup.Id, target, options, progress, cancellationToken));
        run.Warn(result.Warnings);
        var exit = result.DamagedFiles.IsEmpty ? ExitCodes.Done : ExitCodes.Incomplete;
        run.Output.Finish(RestoreLine.From(result), CliJson.Lines.RestoreLine, exit, people => RestoreText.Write(people, result, backup));
        return exit;
    }

    private static async Task<int> PlanAsync(
        Invocation run, BackupManager manager, BackupSummary backup, string target, RestoreOptions options, CancellationToken cancellationToken)
    {
        var plan = await manager.PlanRestoreAsync(backup.Id, target, options, cancellationToken);
        run.Warn(plan.Warnings);
        var exit = plan.SpaceAvailable < plan.SpaceNeeded ? ExitCodes.Refused
            : plan.Backup.Flags.Contains(DamagedFlag) ? ExitCodes.Incomplete
            : ExitCodes.Done;
        run.Output.Finish(
            RestoreLine.From(plan, run.Elapsed), CliJson.Lines.RestoreLine, exit, people => RestoreText.Write(people, plan), isData: true);
        return exit;
    }

    private BackupChoice ReadChoice(Invocation run)
    {
        var backup = run.Get(_backup);
        var at = run.Get(_at) is { } text ? Times.Parse(text, _at.Name, run.TimeProvider) : (DateTimeOffset?)null;
        if (at is not null && backup != BackupChoice.Latest)
        {
            throw new UsageException("--at goes with latest.", $"Write: restore latest TARGET --at TIME; or leave --at away, '{backup}' names a backup already.");
        }

        return new BackupChoice(backup, run.Get(_name), at) { CanName = true };
    }

    private RestoreOptions ReadOptions(Invocation run)
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
}
