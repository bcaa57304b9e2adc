using Segvault.Storage;

namespace Segvault.Backup;

/// <summary>Refuses a backup that cannot fit before anything is written.</summary>
internal static class BackupSpace
{
    // What is new is compressed as it is stored, by how much is not known before: a backup that needs less than this is tried.
    private const double LeastStoredShare = 0.5;

    /// <param name="store">Where it is stored.</param>
    /// <param name="decision">What is stored.</param>
    /// <param name="resumable">Bytes in the store that may be taken over.</param>
    public static void Ensure(ObjectStore store, BackupDecision decision, long resumable)
    {
        var needed = (long)(decision.BytesToStore * ExpectedShare(decision)) - resumable;
        if (store.AvailableBytes is { } available && needed > available)
        {
            throw new RefusedException(
                ErrorCode.NotEnoughSpace,
                $"The backup needs about {needed} bytes, and {store.Location} has {available} free.",
                "Free some space there, or use another repository with -r.");
        }
    }

    private static double ExpectedShare(BackupDecision decision) =>
        decision.Newest is { Base: null, BytesStored: > 0, TotalSize: > 0 } full
            ? Math.Min(1, (double)full.BytesStored / full.TotalSize)
            : LeastStoredShare;
}
