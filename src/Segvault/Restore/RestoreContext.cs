using Segvault.Content;
using Segvault.Engines;

namespace Segvault.Restore;

/// <summary>What every part of one restore works with.</summary>
internal sealed record RestoreContext(
    BackupManifest Manifest,
    IndexEngine Engine,
    RestoreTarget Target,
    RestoreMethod Method,
    OwnerPolicy Owner,
    ContentSource Content,
    IProgress<OperationProgress>? Progress)
{
    /// <summary>What is left of a partly lost backup; null when it is restored whole.</summary>
    public SalvagedBackup? Salvaged { get; init; }

    private static readonly TimeSpan ReadersWait = TimeSpan.FromSeconds(10);

    /// <summary>Keeps readers from opening the target for the moment of a swap; null where no engine ever locked anything.</summary>
    /// <exception cref="IndexBusyException">Something kept the lock for too long.</exception>
    public async Task<IDisposable?> LockReadersAsync(CancellationToken cancellationToken)
    {
        if (Target is { State: TargetState.Empty, HasEngineLocks: false })
            return null;
        return await Engine.TryLockReadersAsync(Target.Path, ReadersWait, cancellationToken).ConfigureAwait(false)
            ?? throw new IndexBusyException(
                ErrorCode.WriterActive, $"Something keeps opening the index {Target.Path} and did not let go of it.", "Try again, or stop the application.");
    }

    /// <summary>Says that an index is now in a target that had none.</summary>
    public RefusedException IndexAppeared() =>
        new(ErrorCode.TargetExists, $"An index appeared in {Target.Path} meanwhile.", "Stop the application that made it, or give --replace.");
}
