using System.CommandLine;
using Segvault.Cli.Input;
using Segvault.Cli.Output;
using Segvault.Cli.Reports;
using Segvault.Engines;
using static Segvault.Cli.Input.CommonOptions;

namespace Segvault.Cli.Commands;

internal sealed class BackupCommand : SegvaultCommand
{
    private readonly Argument<string> _index = Required("INDEX", "The index directory.");
    private readonly Option<bool> _full = Flag("--full", "Write every byte anew, independent of what the repository has.");
    private readonly Option<bool> _rehash = Flag("--rehash", "Read and check every file, also those that the repository has.");
    private readonly Option<string> _compression = Text("--compression", "HOW", "How hard to compress: auto (the default), fast or max.");
    private readonly Option<string> _limit = Text("--limit", "RATE", "Read at most so many bytes of the index a second, such as 50M.");
    private readonly Option<string> _priority = Text("--priority", "HOW", "low (the default) lets other programs go first where processors are short; or normal.");
    private readonly Option<string[]> _queries = Queries.NewOption("A query that every drill of this backup asks: count or FIELD:TERM, then =N or >=N. May be given several times.");
    private readonly SourceOptions _source = new();

    public BackupCommand()
        : base("backup", "Back up an index, consistently while its writer keeps writing.")
    {
        Add(_index);
        foreach (var option in (Option[])[_full, _rehash, _compression, _limit, _priority, _queries, .. _source.All])
        {
            Add(option);
        }
    }

    public override async Task<int> RunAsync(Invocation run, CancellationToken cancellationToken)
    {
        var directory = run.RepositoryDirectory;
        var source = GivingWay(_source.Open(run, run.Get(_index)), run);
        var options = _source.Read(run, run.Get(_full) ? BackupType.Full : BackupType.Incremental) with
        {
            Rehash = run.Get(_rehash),
            Compression = Compressions.Parse(run.Get(_compression), _compression.Name),
            BytesPerSecond = Rates.Parse(run.Get(_limit), _limit.Name),
            Queries = Queries.Parse(run.Get(_queries), _queries.Name),
        };
        var managerOptions = _source.ManagerOptions(run);
        await using var repository = await BackupRepository.OpenAsync(directory, cancellationToken);
        var manager = new BackupManager(repository, managerOptions);
        return _source.IsDryRun(run)
            ? await PlanAsync(run, manager, source, options, cancellationToken)
            : await TakeAsync(run, manager, source, options, cancellationToken);
    }

    /// <summary>Not before the snapshot is pinned: an application may be waiting for that.</summary>
    private IndexSource GivingWay(IndexSource source, Invocation run)
    {
        if (!Priorities.IsLow(run.Get(_priority), _priority.Name))
            return source;
        return source with
        {
            PinnedAsync = async cancellationToken =>
            {
                if (source.PinnedAsync is { } pinned)
                    await pinned(cancellationToken);
                run.LowerPriority();
            },
        };
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
        var plan = await run.ShowProgressAsync(progress => manager.PlanBackupAsync(source, options, progress, cancellationToken));
        run.Warn(plan.Warnings);
        var exit = plan.DamagedFiles.IsEmpty ? ExitCodes.Done : ExitCodes.Incomplete;
        run.Output.Finish(BackupLine.From(plan, run.Elapsed), CliJson.Lines.BackupLine, exit, people => BackupText.Write(people, plan), isData: true);
        return exit;
    }
}
