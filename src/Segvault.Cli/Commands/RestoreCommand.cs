using System.CommandLine;
using Segvault.Cli.Input;
using static Segvault.Cli.Input.CommonOptions;

namespace Segvault.Cli.Commands;

internal sealed class RestoreCommand : SegvaultCommand
{
    private readonly Argument<string> _backup = Required("BACKUP", "The backup: an id, its first four or more characters, or latest.");
    private readonly Argument<string> _target = Required("TARGET", "The directory to restore to.");
    private readonly Option<string> _name = Text("--name", "NAME", "The index whose latest backup is meant.");
    private readonly Option<string> _at = Text("--at", "TIME", "With latest: the newest backup whose snapshot was pinned at or before this time.");
    private readonly Option<bool> _allowPartial = Flag("--allow-partial", "Restore what is whole of a backup that is partly lost, and list the rest.");
    private readonly RestoreSteps _steps = new();

    public RestoreCommand()
        : base("restore", "Restore a backup, proven before it replaces anything.")
    {
        Add(_backup);
        Add(_target);
        foreach (var option in (Option[])[_name, _at, _allowPartial, .. _steps.All])
        {
            Add(option);
        }
    }

    public override async Task<int> RunAsync(Invocation run, CancellationToken cancellationToken)
    {
        var directory = run.RepositoryDirectory;
        var target = run.Get(_target);
        var choice = ReadChoice(run);
        var options = _steps.Read(run) with { AllowPartial = run.Get(_allowPartial) };
        if (options is { AllowPartial: true, IfTargetExists: IfTargetExists.Replace })
        {
            throw new UsageException("--allow-partial does not go with --replace.", "Restore what is left to a new directory, and look at it before anything is replaced.");
        }

        var managerOptions = _steps.ManagerOptions(run);
        await using var repository = await BackupRepository.OpenAsync(directory, cancellationToken);
        var manager = new BackupManager(repository, managerOptions);
        var backup = await choice.FindAsync(manager, cancellationToken);
        if (await choice.FindDoubtAsync(manager, backup, run.TimeProvider, cancellationToken) is { } doubt)
        {
            run.Output.Warn(doubt);
        }

        return await _steps.RunAsync(run, this.FullName(), manager, backup, target, options, cancellationToken);
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
}
