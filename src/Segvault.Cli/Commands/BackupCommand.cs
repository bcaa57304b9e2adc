using System.CommandLine;
using Segvault.Cli.Input;
using Segvault.Cli.Output;
using Segvault.Cli.Reports;
using Segvault.Engines;
using static Segvault.Cli.Input.CommonOptions;

namespace Segvault.Cli.Commands;

internal sealed class BackupCommand : SegvaultCommand
{
    private const string NothingDone = "Nothing was backed up.";

    private readonly Argument<string> _index = Required("INDEX", "The index directory.");
    private readonly Option<bool> _full = Flag("--full", "Write every byte anew, independent of what the repository has.");
    private readonly Option<string> _name = Text("--name", "NAME", "The index's name in the repository; the directory's name by default.");
    private readonly Option<string> _note = Text("--note", "TEXT", "Free text to keep with the backup.");
    private readonly Option<string> _wait = Text("--wait", "DURATION", "How long to wait for the index's lock, and with --require-idle for its writer; not at all by default.");
    private readonly Option<bool> _dryRun = Flag("--dry-run", "Say what would be done, and do nothing. Hooks are not run.");
    private readonly Option<bool> _rehash = Flag("--rehash", "Read and check every file, also those that the repository has.");
    private readonly Option<string> _engine = Text("--engine", "ENGINE", "The engine that wrote the index: auto (the default) or tantivy.");
    private readonly Option<bool> _requireIdle = Flag("--require-idle", "Hold the engine's writer lock for the whole backup instead of taking a snapshot beside a live writer.");
    private readonly Option<string> _before = Text("--before", "COMMAND", "Run this before the snapshot is pinned, so that the application commits; when it fails, nothing is backed up.");
    private readonly Option<string> _pinned = Text("--pinned", "COMMAND", "Run this once the snapshot is pinned, before anything is copied.");
    private readonly Option<bool> _allowDamaged = Flag("--allow-damaged", "Take the backup although files of the index are damaged, and record which.");
    private readonly LockOptions _lock = new();

    private readonly Option<string[]> _labels = new("--label")
    {
        Description = "A label to keep with the backup. May be given several times.",
        HelpName = "KEY=VALUE",
        Arity = ArgumentArity.OneOrMore,
    };

    public BackupCommand()
        : base("backup", "Back up an index, consistently while its writer keeps writing.")
    {
        Add(_index);
        foreach (var option in (Option[])
            [_full, _name, _note, _labels, _wait, _dryRun, _rehash, _engine, _requireIdle, _before, _pinned, _allowDamaged, .. _lock.All])
        {
            Add(option);
        }
    }

    public override async Task<int> RunAsync(Invocation run, CancellationToken cancellationToken)
    {
        var directory = run.RepositoryDirectory;
        var source = ReadSource(run);
        var options = ReadOptions(run);
        var managerOptions = run.ManagerOptions(_lock.Provider(run));
        await using var repository = await BackupRepository.OpenAsync(directory, cancellationToken);
        var manager = new BackupManager(repository, managerOptions);
        return run.Get(_dryRun)
            ? await PlanAsync(run, manager, source, options, cancellationToken)
            : await TakeAsync(run, manager, source, options, cancellationToken);
    }

    private static async Task<int> TakeAsync(Invocation run, BackupManager manager, IndexSource source, BackupOptions options, CancellationToken cancellationToken)
    {
        var result = await run.ShowProgressAsync(progress => manager.CreateBackupAsync(source, options, progress, cancellationToken));
        run.Warn(result.Warnings);
        var exit = result.DamagedFiles.IsEmpty ? ExitCodes.Done : ExitCodes.Incomplete;
        run.Output.Finish(BackupLine.From(result), CliJson.Lines.BackupLine, exit, people => BackupText.Write(people, result, options.Type));
        return exit;
    }

    private static async Task<int> PlanAsync(Invocation run, BackupManager manager, IndexSource source, BackupOptions options, CancellationToken cancellationToken)
    {
        // What the hooks would do cannot be planned, and a dry run changes nothing.
        var quietSource = source with { FlushAsync = null, PinnedAsync = null };
        var plan = await run.ShowProgressAsync(progress => manager.PlanBackupAsync(quietSource, options, progress, cancellationToken));
        run.Warn(plan.Warnings);
        var exit = plan.DamagedFiles.IsEmpty ? ExitCodes.Done : ExitCodes.Incomplete;
        run.Output.Finish(BackupLine.From(plan, run.Elapsed), CliJson.Lines.BackupLine, exit, people => BackupText.Write(people, plan), isData: true);
        return exit;
    }

    private BackupOptions ReadOptions(Invocation run) => new()
    {
        Type = run.Get(_full) ? BackupType.Full : BackupType.Incremental,
        Name = run.Get(_name),
        Note = run.Get(_note),
        Labels = Labels.Parse(run.Get(_labels), _labels.Name),
        Wait = run.GetDuration(_wait),
        Rehash = run.Get(_rehash),
        RequireIdle = run.Get(_requireIdle),
        AllowDamaged = run.Get(_allowDamaged),
        LockName = _lock.Name(run),
    };

    private IndexSource ReadSource(Invocation run) => IndexSource.Open(run.Get(_index)) with
    {
        Engine = EngineNames.Parse(run.Get(_engine), _engine.Name),
        FlushAsync = Hooks.From(run, _before, NothingDone),
        PinnedAsync = Hooks.From(run, _pinned, NothingDone),
    };
}
