using Segvault.Engines;
using Segvault.IO;

namespace Segvault.Restore;

/// <summary>
/// Puts a staged index into the target file by file, the commit file last. No live file of the old index is overwritten before that: one whose
/// name comes back with other content is set aside, and the journal says so.
/// </summary>
internal sealed class InPlaceSwap(RestoreContext context, StagedIndex staged, TimeProvider timeProvider)
{
    private readonly AfterSwap _after = new();

    /// <summary>Where the old index was kept.</summary>
    public string? Previous { get; private set; }

    /// <summary>What went wrong after the commit file was replaced; the restored index is in place all the same.</summary>
    public List<OperationWarning> Warnings => _after.Warnings;

    private string Target => context.Target.Path;

    /// <summary>Replaces the index. With <paramref name="copy"/>, a copy of the old one, that is kept as the previous index.</summary>
    public async Task RunAsync(StagingDirectory? copy, CancellationToken cancellationToken)
    {
        var journal = MakeJournal(copy);
        var recovery = new InPlaceRecovery(context.Target, context.Engine, journal, timeProvider);
        try
        {
            journal.Write(Target);
            AddFiles(journal, recovery);
            using (await context.LockReadersAsync(cancellationToken).ConfigureAwait(false))
            {
                cancellationToken.ThrowIfCancellationRequested();
                EnsureUntouched(journal);
                ReplaceFiles(journal);
                MoveIn(journal.CommitFile);
            }
        }
        catch
        {
            TakeBack(recovery);
            throw;
        }

        // The new index is in place.
        copy?.Release();
        _after.Do("it may not survive a power cut", () => Durable.SyncDirectory(Target));
        _after.Do($"what is left of the restore in {Target} is still to be removed; the next backup or restore does that", () => recovery.Finish(Warnings));
        Previous = recovery.Previous;
    }

    private InPlaceJournal MakeJournal(StagingDirectory? copy)
    {
        var commitFile = context.Manifest.Files.Select(file => file.Path).First(name => context.Engine.Classify(name) == EngineFileRole.Commit);
        var coming = context.Manifest.Files
            .Select(file => file.Path)
            .Where(name => name != commitFile)
            .Except(staged.ReusedInPlace, StringComparer.Ordinal)
            .ToLookup(name => FileStatus.TryRead(Path.Combine(Target, name)) is not null);
        foreach (var name in coming[true].Append(commitFile))
            EnsureNoDirectory(Path.Combine(Target, name));
        return new InPlaceJournal
        {
            CommitFile = commitFile,
            OldCommit = InPlaceRecovery.HashCommit(Target, commitFile),
            NewCommit = InPlaceRecovery.HashCommit(staged.Directory, commitFile)!,
            Publish = [.. coming[false]],
            Replace = [.. coming[true]],
            Generated = [.. context.Engine.Generate([]).Select(file => file.Path).Where(name => FileStatus.TryRead(Path.Combine(Target, name)) is not null)],
            Files = [.. context.Manifest.Files.Select(file => file.Path)],
            Previous = copy is null ? null : Path.GetFileName(copy.Path),
        };
    }

    /// <summary>Adds what does not get into the way of the old index, and lists it with the old so that the engine would clear it away.</summary>
    private void AddFiles(InPlaceJournal journal, InPlaceRecovery recovery)
    {
        foreach (var name in journal.Publish)
            MoveIn(name);
        foreach (var name in journal.Generated)
            SetAside(name);
        Durable.SyncDirectory(InPlaceJournal.OldIn(Target));
        var there = new DirectoryInfo(Target).EnumerateFiles()
            .Select(file => file.Name)
            .Where(name => context.Engine.Classify(name) is EngineFileRole.Commit or EngineFileRole.WriteOnce or EngineFileRole.Replaceable);
        recovery.Regenerate([.. there.Union(journal.Files, StringComparer.Ordinal)]);
        Durable.SyncDirectory(Target);
    }

    /// <summary>None of the old ones is replaced before it would be found, after a power cut, where it was set aside.</summary>
    private void ReplaceFiles(InPlaceJournal journal)
    {
        if (journal.Replace.Length == 0)
            return;
        foreach (var name in journal.Replace)
        {
            // Windows replaces no file that a reader has open, but moves it.
            if (OperatingSystem.IsWindows())
                MoveAside(name);
            else
                SetAside(name);
        }

        Durable.SyncDirectory(InPlaceJournal.OldIn(Target));
        foreach (var name in journal.Replace)
            MoveIn(name);
        Durable.SyncDirectory(Target);
    }

    /// <summary>By a second name where that is possible, so that the first is there all the time.</summary>
    private void SetAside(string name)
    {
        if (!FileLinks.TryHardLink(Path.Combine(Target, name), Path.Combine(InPlaceJournal.OldIn(Target), name)))
            MoveAside(name);
    }

    private void MoveAside(string name) => AtomicRename.Replace(Path.Combine(Target, name), Path.Combine(InPlaceJournal.OldIn(Target), name));

    private void MoveIn(string name) => AtomicRename.Replace(Path.Combine(staged.Directory, name), Path.Combine(Target, name));

    /// <summary>The writer's lock keeps writers out, but not whoever knows nothing of it, and where no index was there may be one now.</summary>
    private void EnsureUntouched(InPlaceJournal journal)
    {
        if (InPlaceRecovery.HashCommit(Target, journal.CommitFile) == journal.OldCommit)
            return;
        throw journal.OldCommit is null
            ? context.IndexAppeared()
            : new SegvaultException(
                ErrorCode.SourceChanged, $"Something wrote to the index {Target} without holding its writer lock.", "Stop it, then run the command again.");
    }

    private static void EnsureNoDirectory(string path)
    {
        if (FileStatus.TryRead(path) is { Kind: FileKind.Directory })
            throw new SegvaultException(ErrorCode.IoFailed, $"{path} is a directory, where the restored index has a file.", "Move it away, then run the command again.");
    }

    private void TakeBack(InPlaceRecovery recovery)
    {
        try
        {
            if (InPlaceJournal.Exists(Target))
                recovery.Settle(Warnings);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // Why the restore failed is the better message, and the journal is there for the next run.
        }
    }
}
