using System.CommandLine;
using Segvault.Cli.Input;
using Segvault.Cli.Output;
using Segvault.Cli.Reports;
using static Segvault.Cli.Input.CommonOptions;

namespace Segvault.Cli.Commands;

internal sealed class GcCommand : SegvaultCommand
{
    private readonly GraceOption _grace = new();
    private readonly Option<bool> _dryRun = Flag("--dry-run", "Say what would be freed, and do nothing.");

    public GcCommand()
        : base("gc", "Free what no backup needs any more.")
    {
        Add(_grace.Option);
        Add(_dryRun);
    }

    public override async Task<int> RunAsync(Invocation run, CancellationToken cancellationToken)
    {
        var options = _grace.Read(run);
        var directory = run.RepositoryDirectory;
        await using var repository = await BackupRepository.OpenAsync(directory, cancellationToken);
        var collected = run.Get(_dryRun)
            ? CollectionOutcome.From(await repository.PlanCollectionAsync(options, cancellationToken), options)
            : CollectionOutcome.From(await run.ShowProgressAsync(progress => repository.CollectAsync(options, progress, cancellationToken)), options);
        var line = new GcLine
        {
            DryRun = collected.DryRun,
            BackupsRemoved = collected.Backups.Count,
            PacksCondemned = collected.PacksCondemned,
            PacksErased = collected.PacksErased,
            BytesFreed = collected.BytesFreed,
            BytesWaiting = collected.BytesWaiting,
            Seconds = Quantities.Seconds(run.Elapsed),
        };
        run.Output.Finish(line, CliJson.Lines.GcLine, ExitCodes.Done, people => CollectionText.Write(people, collected, run.Elapsed), isData: collected.DryRun);
        return ExitCodes.Done;
    }
}
