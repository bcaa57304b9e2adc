using System.CommandLine;
using Segvault.Engines;
using static Segvault.Cli.Input.CommonOptions;

namespace Segvault.Cli.Input;

/// <summary>How an index is read, and what is recorded of it, wherever the backup goes.</summary>
internal sealed class SourceOptions
{
    private const string NothingDone = "Nothing was backed up.";

    private readonly Option<string> _name = Text("--name", "NAME", "The index's name; the directory's name by default.");
    private readonly Option<string> _note = Text("--note", "TEXT", "Free text to keep with the backup.");
    private readonly Option<string> _wait = Text("--wait", "DURATION", "How long to wait for the index's lock, and with --require-idle for its writer; not at all by default.");
    private readonly Option<bool> _dryRun = Flag("--dry-run", "Say what would be done, and do nothing. Hooks are not run.");
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

    public IEnumerable<Option> All => [_name, _note, _labels, _wait, _dryRun, _engine, _requireIdle, _before, _pinned, _allowDamaged, .. _lock.All];

    public bool IsDryRun(Invocation run) => run.Get(_dryRun);

    public BackupManagerOptions ManagerOptions(Invocation run) => run.ManagerOptions(_lock.Provider(run));

    public BackupOptions Read(Invocation run, BackupType type) => new()
    {
        Type = type,
        Name = run.Get(_name),
        Note = run.Get(_note),
        Labels = Labels.Parse(run.Get(_labels), _labels.Name),
        Wait = run.GetDuration(_wait),
        RequireIdle = run.Get(_requireIdle),
        AllowDamaged = run.Get(_allowDamaged),
        LockName = _lock.Name(run),
    };

    /// <summary>The index to read. What hooks would do cannot be planned, and a dry run changes nothing: it has none.</summary>
    public IndexSource Open(Invocation run, string directory)
    {
        var source = IndexSource.Open(directory) with { Engine = EngineNames.Parse(run.Get(_engine), _engine.Name) };
        return IsDryRun(run) ? source : source with { FlushAsync = Hooks.From(run, _before, NothingDone), PinnedAsync = Hooks.From(run, _pinned, NothingDone) };
    }
}
