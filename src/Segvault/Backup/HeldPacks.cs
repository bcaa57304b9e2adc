using Microsoft.Extensions.Logging;
using Segvault.Repositories;

namespace Segvault.Backup;

/// <summary>
/// Says in the log, every hour of a long upload, that its packs belong to somebody. A courtesy that saves storing them again: without it a
/// collector could take them for what a crash left behind, and the backup would notice when it is committed.
/// </summary>
internal sealed class HeldPacks(RepositoryObjects repository, TimeProvider timeProvider, ILogger logger)
{
    private static readonly TimeSpan Interval = TimeSpan.FromHours(1);

    private long _last = timeProvider.GetTimestamp();

    /// <summary>Records the packs if it is time to.</summary>
    public Task HoldWhenDueAsync(IReadOnlyCollection<PackReference> packs, CancellationToken cancellationToken) =>
        timeProvider.GetElapsedTime(_last) < Interval ? Task.CompletedTask : HoldAsync(packs, cancellationToken);

    /// <summary>Records the packs. A failure is logged and nothing more.</summary>
    public async Task HoldAsync(IReadOnlyCollection<PackReference> packs, CancellationToken cancellationToken)
    {
        if (packs.Count == 0)
            return;
        _last = timeProvider.GetTimestamp();
        try
        {
            foreach (var names in packs.Select(pack => PackFormat.NameOf(pack.Id)).Chunk(NamesBody.Most))
            {
                var entry = LogEntry.Draft(LogKind.Holding) with { Holding = new NamesBody { Names = names } };
                await repository.Log.AppendAsync(_ => entry, logger, cancellationToken).ConfigureAwait(false);
            }
        }
        catch (Exception exception) when (exception is not OperationCanceledException)
        {
            RepositoryLog.HoldingFailed(logger, packs.Count, exception);
        }
    }
}
