using Segvault.Engines;
using Segvault.IO;

namespace Segvault.Restore;

/// <summary>
/// Puts a staged index into the target file by file, the commit file last. No live file of the old index is overwritten before that: one whose
/// name comes back with other content is set aside, and the journal says so.
/// </summary>
internal sealed class InPlaceSwap(RestoreContext context, StagedIndex staged)
{
    private static readonly TimeSpan ReadersWait = TimeSpan.FromSeconds(10);

    private string Target => context.Target.Path;

    private string Old => Path.Combine(InPlaceJournal.PathIn(Target), InPlaceJournal.OldDirectory);

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        var journal = MakeJournal();
        journal.Write(Target);
        try
        {
            foreach (var name in journal.Publish)
                MoveIn(name);
            InPlaceJournal.Regenerate(Target, context.Engine, [.. InPlaceJournal.EngineFiles(Target, context.Engine), .. journal.Files.Except(InPlaceJournal.EngineFiles(Target, context.Engine), StringComparer.Ordinal)]);
            Durable.SyncDirectory(Target);
            using (await LockReadersAsync(cancellationToken).ConfigureAwait(false))
            {
                cancellationToken.ThrowIfCancellationRequested();
                foreach (var name in journal.Replace)
                {
                    AtomicRename.Replace(Path.Combine(Target, name), Path.Combine(Old, name));
                    MoveIn(name);
                }

                if (journal.Replace.Length > 0)
                    Durable.SyncDirectory(Target);
                await ReplaceCommitAsync(journal.CommitFile).ConfigureAwait(false);
                Durable.SyncDirectory(Target);
            }
        }
        catch
        {
            journal.Settle(Target, context.Engine);
            throw;
        }

        journal.Finish(Target, context.Engine);
    }

    private InPlaceJournal MakeJournal()
    {
        var commitFile = context.Manifest.Files.Select(file => file.Path).First(name => context.Engine.Classify(name) == EngineFileRole.Commit);
        var coming = context.Manifest.Files
            .Select(file => file.Path)
            .Where(name => name != commitFile)
            .Except(staged.ReusedInPlace, StringComparer.Ordinal)
            .ToLookup(name => FileStatus.TryRead(Path.Combine(Target, name)) is not null);
        return new InPlaceJournal
        {
            CommitFile = commitFile,
            OldCommit = InPlaceJournal.HashCommit(Target, commitFile),
            NewCommit = InPlaceJournal.HashCommit(staged.Directory, commitFile)!,
            Publish = [.. coming[false]],
            Replace = [.. coming[true]],
            Files = [.. context.Manifest.Files.Select(file => file.Path)],
        };
    }

    private void MoveIn(string name) => AtomicRename.Replace(Path.Combine(staged.Directory, name), Path.Combine(Target, name));

    /// <summary>On Windows a file that somebody has open at the instant cannot be replaced: readers look into it twice a second.</summary>
    private async Task ReplaceCommitAsync(string commitFile)
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                MoveIn(commitFile);
                return;
            }
            catch (Exception exception) when (OperatingSystem.IsWindows() && attempt < 50 && exception is IOException or UnauthorizedAccessException)
            {
                await Task.Delay(20).ConfigureAwait(false);
            }
        }
    }

    private async Task<IDisposable?> LockReadersAsync(CancellationToken cancellationToken)
    {
        if (context.Target.State == TargetState.Empty)
            return null;
        return await context.Engine.TryLockReadersAsync(Target, ReadersWait, cancellationToken).ConfigureAwait(false)
            ?? throw new IndexBusyException(
                ErrorCode.WriterActive, $"Something keeps opening the index {Target} and did not let go of it.", "Try again, or stop the application.");
    }
}
