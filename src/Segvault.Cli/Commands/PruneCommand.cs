using System.CommandLine;
using Segvault.Cli.Input;
using Segvault.Cli.Output;
using Segvault.Cli.Reports;
using static Segvault.Cli.Input.CommonOptions;

namespace Segvault.Cli.Commands;

internal sealed class PruneCommand : SegvaultCommand
{
    private readonly RetentionOptions _retention = new();
    private readonly Option<string> _name = Text("--name", "NAME", "Only the backups of this index; otherwise those of every index, each by itself.");
    private readonly Option<bool> _dryRun = Flag("--dry-run", "Say what would go, what would stay and why, and do nothing.");
    private readonly Option<bool> _force = Flag("--force", "Prune although a clock has jumped, and also the last good backup of an index.");
    private readonly CollectionSteps _collection = new();

    public PruneCommand()
        : base("prune", "Delete the backups that no rule keeps.")
    {
        foreach (var option in (Option[])[.. _retention.All, _name, _dryRun, _force, .. _collection.All])
        {
            Add(option);
        }
    }

    public override async Task<int> RunAsync(Invocation run, CancellationToken cancellationToken)
    {
        var policy = _retention.Read(run);
        var options = new PruneOptions { Name = run.Get(_name), Force = run.Get(_force) };
        var collection = _collection.Read(run);
        var directory = run.RepositoryDirectory;
        await using var repository = await BackupRepository.OpenAsync(directory, cancellationToken);
        var removal = new RemovalSteps(run, repository, collection);
        var outcome = run.Get(_dryRun)
            ? await removal.PlanAsync(await repository.PlanPruneAsync(policy, options, cancellationToken), cancellationToken)
            : await removal.FinishAsync((await repository.PruneAsync(policy, options, cancellationToken)).Removed, cancellationToken);
        run.Output.Finish(
            RemovalLine.Fill(PruneLine.Of(outcome.Removal), outcome), CliJson.Lines.PruneLine, ExitCodes.Done, people => RemovalText.WriteEnd(people, outcome), isData: outcome.DryRun);
        return ExitCodes.Done;
    }
}
