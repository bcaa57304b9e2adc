using System.CommandLine;
using System.Runtime.ExceptionServices;
using Segvault.Cli.Input;
using Segvault.Cli.Output;
using Segvault.Cli.Reports;
using static Segvault.Cli.Input.CommonOptions;

namespace Segvault.Cli.Commands;

internal sealed class DrillCommand : SegvaultCommand
{
    private readonly Argument<string> _backup = new("BACKUP")
    {
        Description = "The backup to prove; the latest one of every index when none is named.",
        Arity = ArgumentArity.ZeroOrOne,
    };

    private readonly Option<string> _name = Text("--name", "NAME", "The index whose latest backup is meant.");
    private readonly Option<string[]> _queries = Queries.NewOption("A query to ask: count or FIELD:TERM, then =N or >=N. May be given several times.");
    private readonly Option<string> _engine = Text("--engine-command", "COMMAND", "Open the restored index with this command; {index} in it stands for the directory.");
    private readonly Option<string> _timeout = Text("--engine-timeout", "DURATION", "How long that may take; 30m by default.");
    private readonly Option<string> _scratch = Text("--scratch", "DIR", "An existing directory to restore into; the temporary directory by default.");

    public DrillCommand()
        : base("drill", "Prove backups: restore them to a scratch directory, check and open them there, ask queries, and record the verdict.")
    {
        Add(_backup);
        foreach (var option in (Option[])[_name, _queries, _engine, _timeout, _scratch])
        {
            Add(option);
        }
    }

    public override async Task<int> RunAsync(Invocation run, CancellationToken cancellationToken)
    {
        var directory = run.RepositoryDirectory;
        var options = Read(run);
        await using var repository = await BackupRepository.OpenAsync(directory, cancellationToken);
        var manager = new BackupManager(repository, run.ManagerOptions());
        var results = new List<DrillResult>();
        var failures = new List<UndoneDrill>();
        foreach (var backup in await ChooseAsync(run, manager, cancellationToken))
        {
            try
            {
                var result = await run.ShowProgressAsync(progress => manager.DrillBackupAsync(backup.Id, options, progress, cancellationToken));
                run.Warn(result.Warnings);
                results.Add(result);
            }
            catch (Exception exception) when (exception is SegvaultException or IOException or UnauthorizedAccessException)
            {
                // One index that does not fit on the disk leaves none of the others unproven.
                failures.Add(new UndoneDrill(backup, exception));
            }
        }

        if (results.Count == 0 && failures is [var first, ..])
        {
            ExceptionDispatchInfo.Throw(first.Failure);
        }

        var exit = failures.Count == 0 && results.TrueForAll(result => result.Passed) ? ExitCodes.Done : ExitCodes.Unproven;
        run.Output.Finish(DrillLine.From(results, failures), CliJson.Lines.DrillLine, exit, people => DrillText.Write(people, results, failures));
        return exit;
    }

    private DrillOptions Read(Invocation run)
    {
        var options = new DrillOptions
        {
            Queries = Queries.Parse(run.Get(_queries), _queries.Name),
            EngineCommand = run.Get(_engine),
            Scratch = run.Get(_scratch),
        };
        return run.Get(_timeout) is { } timeout ? options with { EngineTimeout = Durations.Parse(timeout, _timeout.Name) } : options;
    }

    private async Task<IReadOnlyList<BackupSummary>> ChooseAsync(Invocation run, BackupManager manager, CancellationToken cancellationToken)
    {
        if (run.GetOptional(_backup) is { } named)
        {
            return [await new BackupChoice(named, run.Get(_name)) { CanName = true }.FindAsync(manager, cancellationToken)];
        }

        var names = new SortedSet<string>(StringComparer.Ordinal);
        await foreach (var backup in manager.ListBackupsAsync(run.Get(_name), cancellationToken))
        {
            names.Add(backup.Name);
        }

        var latest = new List<BackupSummary>();
        foreach (var name in names.Count > 0 ? names : [run.Get(_name)!])
        {
            latest.Add(await new BackupChoice(BackupChoice.Latest, name) { CanName = true }.FindAsync(manager, cancellationToken));
        }

        return latest;
    }
}
