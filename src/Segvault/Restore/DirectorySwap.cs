using Segvault.Engines;
using Segvault.IO;
using Segvault.Locking;

namespace Segvault.Restore;

/// <summary>
/// Lets the staged directory and the target change places in one step. The target never disappears in between: an application that opens or
/// creates its index would make an empty one in the gap.
/// </summary>
internal sealed class DirectorySwap(RestoreContext context, StagedIndex staged, TimeProvider timeProvider)
{
    private readonly ForeignFiles _foreign = new();
    private readonly AfterSwap _after = new();

    /// <summary>Files carried over.</summary>
    public int ForeignFiles => _foreign.Count;

    /// <summary>Where the old index was kept.</summary>
    public string? Previous { get; private set; }

    /// <summary>What went wrong after the exchange; the restored index is in place all the same.</summary>
    public List<OperationWarning> Warnings => _after.Warnings;

    public async Task RunAsync(bool keepPrevious, CancellationToken cancellationToken)
    {
        var target = context.Target;
        _foreign.Carry(target.Path, staged.Directory, target.ForeignNames);
        FileOwnership.TryCopyDirectoryAttributes(target.Path, staged.Directory);
        Durable.SyncDirectory(staged.Directory);
        using (await context.LockReadersAsync(cancellationToken).ConfigureAwait(false))
        {
            // Here, because an application may have made a lock file only just now.
            ShareLocks();
            EnsureUntouched();
            cancellationToken.ThrowIfCancellationRequested();
            Exchange();
        }

        // The new index is in place.
        _after.Do("the exchange may not survive a power cut", () => Durable.SyncDirectory(target.Parent));
        _after.Do($"{StagingDirectory.Marker} is left in {target.Path}", () => File.Delete(Path.Combine(target.Path, StagingDirectory.Marker)));
        _after.Do($"files that appeared meanwhile are left in {staged.Directory}", CarryLatecomers);
        if (Warnings.Count == 0)
            _after.Do($"the old index is left in {staged.Directory}", () => Dismiss(keepPrevious));
        else
            Warnings.Add(new OperationWarning(ErrorCode.LeftoverFound, $"The old index is kept in {staged.Directory}. Delete it when it is not needed."));
    }

    /// <summary>One set of lock files for both directories, so that there is one lock before, during and after.</summary>
    private void ShareLocks()
    {
        foreach (var lockFile in context.Engine.LockFiles.Append(LockFileProvider.FileName))
        {
            var existing = Path.Combine(context.Target.Path, lockFile);
            if (FileStatus.TryRead(existing) is not { Kind: FileKind.Regular })
                continue;
            if (!FileLinks.TryHardLink(existing, Path.Combine(staged.Directory, lockFile)))
            {
                throw new SegvaultException(
                    ErrorCode.IoFailed,
                    $"The lock file {existing} cannot be linked, so the new directory would not be locked.",
                    "Give --in-place to replace the index file by file.");
            }
        }
    }

    private void Exchange()
    {
        var target = context.Target.Path;
        try
        {
            if (AtomicRename.TryExchange(staged.Directory, target))
                return;
        }
        catch (UnauthorizedAccessException exception)
        {
            throw new SegvaultException(
                ErrorCode.PermissionDenied,
                $"{target} cannot be exchanged: {exception.Message}",
                "Run as its owner or as root, or give --in-place to replace the index file by file.",
                exception);
        }

        throw new SegvaultException(ErrorCode.IoFailed, $"{target} cannot be exchanged on this file system.", "Give --in-place to replace the index file by file.");
    }

    private void EnsureUntouched()
    {
        if (context.Target.State == TargetState.Empty && RestoreTarget.HasIndexFiles(context.Target.Path, context.Engine))
            throw context.IndexAppeared();
    }

    /// <summary>Foreign files that were made or replaced between the first carrying over and the exchange.</summary>
    private void CarryLatecomers()
    {
        var names = new DirectoryInfo(staged.Directory).EnumerateFileSystemInfos()
            .Select(entry => entry.Name)
            .Where(name => context.Engine.Classify(name) == EngineFileRole.Foreign && !IndexDirectory.IsOwn(name));
        _foreign.Carry(staged.Directory, context.Target.Path, names);
    }

    private void Dismiss(bool keepPrevious)
    {
        // Where there was no index, one may have been made in the last instant.
        var keep = context.Target.State == TargetState.Index ? keepPrevious : RestoreTarget.HasIndexFiles(staged.Directory, context.Engine);
        if (!keep)
        {
            // What a power cut brings back of it the next run removes.
            StagingDirectory.Discard(staged.Directory);
            return;
        }

        Previous = PreviousIndex.Keep(staged.Directory, context.Target.Path, context.Engine, timeProvider);
        Durable.SyncDirectory(context.Target.Parent);
    }
}
