using Segvault.Cli.Reports;

namespace Segvault.Cli.Commands;

/// <summary>What <c>delete</c> and <c>prune</c> do alike, once it is known which backups go.</summary>
internal sealed class RemovalSteps(Invocation run, BackupRepository repository, CollectionOptions? collection)
{
    /// <summary>What would be, and how much a collection would free then.</summary>
    public async Task<RemovalOutcome> PlanAsync(RemovalPlan plan, CancellationToken cancellationToken)
    {
        var collected = collection is null ? null : CollectionOutcome.From(await repository.PlanCollectionAsync(collection, cancellationToken), collection);
        if (collected is not null && collection!.Grace == TimeSpan.Zero)
        {
            collected = collected with
            {
                PacksCondemned = collected.PacksCondemned + plan.PacksReleased,
                PacksErased = collected.PacksErased + plan.PacksReleased,
                BytesFreed = collected.BytesFreed + plan.BytesReleased,
            };
        }

        return new RemovalOutcome(plan, collected, DryRun: true, run.Elapsed);
    }

    /// <summary>Tells what went, and collects if that was asked for.</summary>
    public async Task<RemovalOutcome> FinishAsync(RemovalPlan removed, CancellationToken cancellationToken)
    {
        if (collection is null)
        {
            return new RemovalOutcome(removed, null, DryRun: false, run.Elapsed);
        }

        // Told before the collection, which may fail by itself.
        RemovalText.WriteBackups(run.Output.Say, removed, dryRun: false, run.TimeProvider);
        var collected = CollectionOutcome.From(await run.ShowProgressAsync(progress => repository.CollectAsync(collection, progress, cancellationToken)), collection);
        return new RemovalOutcome(removed, collected, DryRun: false, run.Elapsed);
    }
}
