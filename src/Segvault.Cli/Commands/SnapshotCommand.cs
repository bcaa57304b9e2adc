using System.CommandLine;
using Segvault.Cli.Input;
using Segvault.Cli.Output;
using Segvault.Cli.Reports;
using Segvault.Engines;
using static Segvault.Cli.Input.CommonOptions;

namespace Segvault.Cli.Commands;

internal sealed class SnapshotCommand : SegvaultCommand
{
    /// <summary>Tells the command of <c>--run</c> where the snapshot is.</summary>
    public const string Variable = "SEGVAULT_SNAPSHOT";

    private readonly Argument<string> _index = Required("INDEX", "The index directory.");
    private readonly Argument<string> _directory = Required("DIR", "The directory of the snapshot: new or empty.");
    private readonly Option<string> _run = Text("--run", "COMMAND", $"Run this once the snapshot is there, with {Variable}=DIR in its environment, and remove the snapshot afterwards, whatever it returned.");
    private readonly Option<string> _before = Text("--before", "COMMAND", "Run this before the snapshot is pinned, so that the application commits; when it fails, no snapshot is made.");
    private readonly Option<string> _wait = Text("--wait", "DURATION", "How long to wait for the index's lock, and with --require-idle for its writer; not at all by default.");
    private readonly Option<string> _engine = Text("--engine", "ENGINE", "The engine that wrote the index: auto (the default) or tantivy.");
    private readonly Option<bool> _requireIdle = Flag("--require-idle", "Hold the engine's writer lock until the snapshot is there instead of making it beside a live writer.");
    private readonly Option<bool> _allowDamaged = Flag("--allow-damaged", "Make the snapshot although files of the index are damaged, and name them.");
    private readonly LockOptions _lock = new();

    public SnapshotCommand()
        : base("snapshot", "Make a consistent copy of a live index for any other tool, by hard links or clones, in milliseconds. Needs no repository.")
    {
        Add(_index);
        Add(_directory);
        foreach (var option in (Option[])[_run, _before, _wait, _engine, _requireIdle, _allowDamaged, .. _lock.All])
        {
            Add(option);
        }
    }

    public override async Task<int> RunAsync(Invocation run, CancellationToken cancellationToken)
    {
        var source = IndexSource.Open(run.Get(_index)) with
        {
            Engine = EngineNames.Parse(run.Get(_engine), _engine.Name),
            FlushAsync = Hooks.From(run, _before, "No snapshot was made."),
        };
        var directory = Path.GetFullPath(run.Get(_directory));
        var options = new SnapshotOptions
        {
            Wait = run.GetDuration(_wait),
            RequireIdle = run.Get(_requireIdle),
            AllowDamaged = run.Get(_allowDamaged),
            LockName = _lock.Name(run),
        };
        var manager = new SnapshotManager(run.ManagerOptions(_lock.Provider(run)));
        var use = run.Get(_run) is { } command ? Use(run, command) : null;
        var result = await run.ShowProgressAsync(progress => use is null
            ? manager.CreateSnapshotAsync(source, directory, options, progress, cancellationToken)
            : manager.UseSnapshotAsync(source, directory, use, options, progress, cancellationToken));
        run.Warn(result.Warnings);
        var exit = result.DamagedFiles.IsEmpty ? ExitCodes.Done : ExitCodes.Incomplete;
        run.Output.Finish(SnapshotLine.From(result), CliJson.Lines.SnapshotLine, exit, people => SnapshotText.Write(people, result));
        return exit;
    }

    private Func<SnapshotResult, CancellationToken, ValueTask> Use(Invocation run, string command) => (snapshot, cancellationToken) =>
    {
        run.Output.EndProgress();
        var hook = new HookCommand(_run.Name, command, "The snapshot was removed.")
        {
            Environment = new Dictionary<string, string>(StringComparer.Ordinal) { [Variable] = snapshot.Directory },
        };
        return Hooks.RunAsync(hook, cancellationToken);
    };
}
