using System.Security.Cryptography;
using Segvault.Engines;
using Segvault.IO;

namespace Segvault.Restore;

/// <summary>
/// Brings a target whose restore in place stopped somewhere into the state before it or the state after it. Every step can be repeated.
/// Moving the staged commit file into place is the point that divides the two.
/// </summary>
internal sealed class InPlaceRecovery(RestoreTarget target, IndexEngine engine, InPlaceJournal journal, TimeProvider timeProvider)
{
    private readonly string _path = target.Path;

    /// <summary>Where the old index was kept.</summary>
    public string? Previous { get; private set; }

    private bool IsReplaced => FileStatus.TryRead(Path.Combine(InPlaceJournal.NewIn(_path), journal.CommitFile)) is null;

    /// <summary>Takes an interrupted restore in place back, or finishes it. The index must be locked.</summary>
    /// <param name="directory">The target, by its real path.</param>
    /// <param name="engine">The engine of the index.</param>
    /// <param name="mayPutOff">True to leave that for later while a writer is alive, where what is there is one whole index all the same.</param>
    /// <param name="timeProvider">The clock.</param>
    /// <param name="warnings">Receives what was done.</param>
    /// <exception cref="IndexBusyException">A writer is alive on the index.</exception>
    public static void Run(string directory, IndexEngine engine, bool mayPutOff, TimeProvider timeProvider, List<OperationWarning> warnings)
    {
        if (!InPlaceJournal.IsPending(directory))
            return;
        try
        {
            SettleOrPutOff(directory, engine, mayPutOff, timeProvider, warnings);
        }
        catch (Exception exception) when (mayPutOff && !InPlaceJournal.Exists(directory) && exception is IOException or UnauthorizedAccessException)
        {
            // Without a journal there is nothing left to decide: the index is whole. What stays are files that a reader on Windows has open.
            warnings.Add(new OperationWarning(ErrorCode.LeftoverFound, $"What a restore left in {InPlaceJournal.PathIn(directory)} could not be removed yet: {exception.Message}"));
        }
    }

    private static void SettleOrPutOff(string directory, IndexEngine engine, bool mayPutOff, TimeProvider timeProvider, List<OperationWarning> warnings)
    {
        if (InPlaceJournal.Read(directory) is not { } journal)
        {
            InPlaceJournal.Remove(directory);
            return;
        }

        using var writer = engine.TryLockWriter(directory);
        if (writer is not null)
        {
            var target = new RestoreTarget { Path = directory, State = TargetState.Index };
            warnings.Add(new OperationWarning(ErrorCode.LeftoverFound, new InPlaceRecovery(target, engine, journal, timeProvider).Settle(warnings)));
            return;
        }

        if (!mayPutOff || journal.Replace.Length > 0)
        {
            throw new IndexBusyException(
                ErrorCode.WriterActive,
                $"A restore of {directory} was interrupted and must be finished or taken back, but a writer holds the index.",
                "Stop the application that writes to it, then run the command again.");
        }

        warnings.Add(new OperationWarning(
            ErrorCode.LeftoverFound, $"A restore of {directory} had been interrupted. What it left is removed by the first backup or restore that finds no writer there."));
    }

    /// <summary>Brings the target into the state before or the state after; returns what was done.</summary>
    public string Settle(List<OperationWarning> warnings)
    {
        var current = HashCommit(_path, journal.CommitFile);
        if (IsReplaced || (current == journal.NewCommit && current != journal.OldCommit))
        {
            if (current == journal.NewCommit)
                Finish(warnings);
            else
                Conclude();
            return $"A restore of {_path} had been interrupted after the index was replaced; it was finished.{(Previous is null ? "" : $" The index from before is {Previous}.")}";
        }

        if (current == journal.OldCommit)
        {
            TakeBack();
            return $"A restore of {_path} had been interrupted before the index was replaced; the index is as it was.";
        }

        // An application has committed since: the index is its business now. What was set aside is kept, whoever may want it.
        var old = InPlaceJournal.OldIn(_path);
        var kept = Path.Combine(_path, $"{InPlaceJournal.DirectoryName}-set-aside-{Guid.NewGuid():n}");
        if (!journal.Replace.Any(name => FileStatus.TryRead(Path.Combine(old, name)) is not null) || !AtomicRename.TryMoveIfAbsent(old, kept))
            kept = null;
        InPlaceJournal.Remove(_path);
        return $"A restore of {_path} had been interrupted, and the index was written to since. It was left as it is{(kept is null ? "" : $"; files that had been set aside are in {kept}")}.";
    }

    /// <summary>
    /// Removes the engine's files that the restored index does not have. Only right once the new commit file is in place. A file that
    /// cannot be removed, as on Windows one that a reader has open, is left to the engine.
    /// </summary>
    public void Finish(List<OperationWarning> warnings)
    {
        var wanted = journal.Files.ToHashSet(StringComparer.Ordinal);
        var stuck = new List<string>();
        foreach (var file in new DirectoryInfo(_path).EnumerateFiles())
        {
            if (wanted.Contains(file.Name) || engine.Classify(file.Name) is not (EngineFileRole.WriteOnce or EngineFileRole.Replaceable or EngineFileRole.Temporary))
                continue;
            if (!TryDelete(file))
                stuck.Add(file.Name);
        }

        if (stuck.Count > 0)
            warnings.Add(new OperationWarning(ErrorCode.LeftoverFound, $"{stuck.Count} files of the index from before are still in use in {_path}, such as {stuck[0]}; the engine deletes them later."));
        Regenerate([.. journal.Files, .. stuck]);

        // Without a journal nobody would look for files that a power cut brings back.
        Durable.SyncDirectory(_path);
        Conclude();
    }

    /// <summary>Puts back what was set aside and removes what was added.</summary>
    public void TakeBack()
    {
        foreach (var name in journal.Replace.Concat(journal.Generated))
            PutBack(name);

        foreach (var name in journal.Publish.Where(WasMovedIn))
            File.Delete(Path.Combine(_path, name));
        foreach (var generated in engine.Generate([]).Select(file => file.Path).Except(journal.Generated, StringComparer.Ordinal))
            File.Delete(Path.Combine(_path, generated));
        Durable.SyncDirectory(_path);
        InPlaceJournal.Remove(_path);
    }

    /// <summary>Writes the generated files anew, each in one step, for the owner of the commit file: whoever uses it needs them.</summary>
    public void Regenerate(IReadOnlyCollection<string> files)
    {
        foreach (var generated in engine.Generate(files))
        {
            var temporary = Path.Combine(InPlaceJournal.PathIn(_path), generated.Path.TrimStart('.') + ".new");
            using (var handle = File.OpenHandle(temporary, FileMode.Create, FileAccess.Write))
            {
                RandomAccess.Write(handle, generated.Content.Span, 0);
                if (!OperatingSystem.IsWindows())
                    File.SetUnixFileMode(handle, generated.Mode);
                Durable.Sync(handle, temporary);
            }

            var commit = FileStatus.TryRead(Path.Combine(_path, journal.CommitFile)) ?? FileStatus.TryRead(Path.Combine(InPlaceJournal.NewIn(_path), journal.CommitFile));
            if (commit is { UserId: { } user, GroupId: { } group })
                FileOwnership.TryChange(temporary, user, group);
            AtomicRename.Replace(temporary, Path.Combine(_path, generated.Path));
        }
    }

    /// <summary>SHA-256 of a commit file; null when it is absent.</summary>
    public static string? HashCommit(string directory, string commitFile)
    {
        var path = Path.Combine(directory, commitFile);
        return File.Exists(path) ? Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(path))) : null;
    }

    private void Conclude()
    {
        if (journal.Previous is { } copy && StagingDirectory.IsNameFor(target, copy))
        {
            var directory = Path.Combine(target.Parent, copy);
            if (Directory.Exists(directory))
            {
                Previous = PreviousIndex.Keep(directory, _path, engine, timeProvider);
                Durable.SyncDirectory(target.Parent);
            }
        }

        InPlaceJournal.Remove(_path);
    }

    private void PutBack(string name)
    {
        var old = Path.Combine(InPlaceJournal.OldIn(_path), name);
        if (FileStatus.TryRead(old) is null)
            return;

        // Windows replaces no file that a reader has open, but moves it.
        var path = Path.Combine(_path, name);
        if (OperatingSystem.IsWindows() && FileStatus.TryRead(path) is not null)
            AtomicRename.Replace(path, Path.Combine(InPlaceJournal.NewIn(_path), name));
        AtomicRename.Replace(old, path);
    }

    /// <summary>A power cut may bring back the old name of a file that was moved, beside the new one.</summary>
    private bool WasMovedIn(string name) =>
        FileStatus.TryRead(Path.Combine(InPlaceJournal.NewIn(_path), name)) is not { } staged
        || FileStatus.TryRead(Path.Combine(_path, name))?.Identity == staged.Identity;

    private static bool TryDelete(FileInfo file)
    {
        try
        {
            if (OperatingSystem.IsWindows())
                file.Attributes &= ~FileAttributes.ReadOnly;
            file.Delete();
            return true;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }
}
