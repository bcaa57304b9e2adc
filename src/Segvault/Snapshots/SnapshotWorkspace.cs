using Segvault.IO;
using Segvault.IO.Native;
using Segvault.Restore;

namespace Segvault.Snapshots;

/// <summary>
/// A directory beside the place of a snapshot. The snapshot takes shape in it, and goes back into it when it was only wanted for a while. A lock
/// inside tells one in use from one that a killed process left behind, and a note which directory at the place goes with it.
/// </summary>
internal sealed class SnapshotWorkspace : IDisposable
{
    private const string Infix = ".segvault-snapshot-";
    private const string LockName = "lock";
    private const string NoteName = "temporary";
    private const int MostAttempts = 3;
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    private readonly AdvisoryLock? _lock;
    private readonly IReadOnlyList<string> _createdParents;
    private readonly bool _isTemporary;
    private SnapshotNote? _published;
    private bool _isDone;
    private bool _isReleased;

    private SnapshotWorkspace(string path, SnapshotTarget target, AdvisoryLock? held, IReadOnlyList<string> createdParents, bool isTemporary)
    {
        Path = path;
        Target = target;
        _lock = held;
        _createdParents = createdParents;
        _isTemporary = isTemporary;
    }

    public string Path { get; }

    public SnapshotTarget Target { get; }

    /// <summary>Where the snapshot takes shape.</summary>
    public string Copy => System.IO.Path.Combine(Path, "copy");

    /// <summary>Whether the snapshot has to survive a power cut. One that is only wanted for a while is removed after it anyway.</summary>
    public bool MustLast => !_isTemporary;

    /// <summary>True while the directory at the place is the snapshot that was put there.</summary>
    public bool IsAtPlace => _published?.Describes(Target.Path) == true;

    /// <summary>Makes one with an empty directory for the snapshot, and the directories above it that are not there.</summary>
    /// <exception cref="SegvaultException">This user may not write there.</exception>
    public static SnapshotWorkspace Create(SnapshotTarget target, bool isTemporary)
    {
        var missing = FindMissing(target.Parent);
        try
        {
            for (var attempt = 1; ; attempt++)
            {
                var path = System.IO.Path.Combine(target.Parent, $"{PrefixFor(target.Path)}{Guid.NewGuid():n}");
                if (TryCreate(path, target, missing, isTemporary) is { } created)
                    return created;
                if (attempt == MostAttempts)
                    throw new IOException($"'{path}' was taken away while it was made");
            }
        }
        catch (Exception exception)
        {
            RemoveEmpty(missing);
            if (exception is not UnauthorizedAccessException)
                throw;
            var existing = missing.Count == 0 ? target.Parent : System.IO.Path.GetDirectoryName(missing[^1])!;
            throw new SegvaultException(
                ErrorCode.PermissionDenied,
                $"{target.Path} cannot be made: {existing} cannot be written; it belongs to {FileOwnership.OwnerName(existing) ?? "another user"}.",
                "Run as a user who may write there, or choose another directory.",
                exception);
        }
    }

    /// <summary>Takes over one that nobody uses any more; null when somebody does, or when that cannot be told.</summary>
    public static SnapshotWorkspace? TryTakeOver(string path, string place, out AdvisoryLockResult result)
    {
        result = TryLock(path, out var held);
        if (held is null)
            return null;

        // An inode's number comes back in other directories: without the time of its creation nothing is certain.
        var note = SnapshotNote.TryRead(System.IO.Path.Combine(path, NoteName));
        if (note?.CreatedAt is null || !note.Describes(place))
            note = null;
        return new SnapshotWorkspace(path, new SnapshotTarget(place, note?.ReplacedEmpty ?? false), held, [], isTemporary: true)
        {
            _published = note,
        };
    }

    /// <summary>True for the name of one for this place.</summary>
    public static bool IsNameFor(string place, string name) =>
        PrefixFor(place) is var prefix && name.StartsWith(prefix, StringComparison.Ordinal) && Guid.TryParseExact(name.AsSpan(prefix.Length), "n", out _);

    /// <summary>Gives the snapshot the mode and owner of the empty directory whose place it takes, or else of the index directory.</summary>
    public void CopyAttributes(string index)
    {
        FileOwnership.TryCopyDirectoryAttributes(Target.Exists ? Target.Path : index, Copy);

        // Whoever may not write to a directory cannot move it either.
        if (FileStatus.TryRead(Copy)?.Mode is { } mode && (mode & OwnerOnly) != OwnerOnly)
            FileOwnership.TryChangeMode(Copy, mode | OwnerOnly);
    }

    /// <summary>Moves the snapshot to its place in one step.</summary>
    /// <exception cref="RefusedException">Something is there by now.</exception>
    public void Publish()
    {
        var note = SnapshotNote.For(Copy, Target.Exists);
        if (_isTemporary)
            note.Write(System.IO.Path.Combine(Path, NoteName));
        if (Target.Exists)
            ReplaceEmpty();
        else if (!AtomicRename.TryMoveIfAbsent(Copy, Target.Path))
            throw SnapshotTarget.IsNotEmpty(Target.Path, "it appeared meanwhile");
        _published = note;
        if (MustLast)
        {
            foreach (var directory in _createdParents.Select(parent => System.IO.Path.GetDirectoryName(parent)!).Prepend(Target.Parent))
                Durable.SyncDirectory(directory);
            _isDone = true;
        }
    }

    /// <summary>Removes it, and with it a snapshot that is not to stay. Says, in a sentence, what could not be removed; null when all is gone.</summary>
    public string? Close()
    {
        try
        {
            var isLeft = _published is not null && !_isDone && !TryTakeBack(_published);

            // Windows deletes nothing that is open.
            if (OperatingSystem.IsWindows())
                _lock?.Dispose();
            Directory.Delete(Path, recursive: true);
            RemoveEmpty(_createdParents);
            return isLeft ? $"{Target.Path} is not the snapshot that was made there any more, and was left as it is." : null;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or SegvaultException)
        {
            return $"{(IsAtPlace ? Target.Path : Path)} could not be removed: {exception.Message}";
        }
        finally
        {
            Release();
        }
    }

    /// <summary>Lets go of it and leaves everything as it is.</summary>
    public void Release()
    {
        _lock?.Dispose();
        _isReleased = true;
    }

    public void Dispose()
    {
        // Why the work failed is the better message. What is left is found by the next run.
        if (!_isReleased)
            Close();
    }

    /// <summary>Takes the snapshot away from its place in one step; false when something else is there.</summary>
    private bool TryTakeBack(SnapshotNote published)
    {
        if (FileStatus.TryRead(Target.Path) is null)
            return true;
        if (!IsAtPlace || !AtomicRename.TryMoveIfAbsent(Target.Path, Copy))
            return false;
        if (!published.Describes(Copy))
        {
            // It was exchanged in that instant.
            AtomicRename.TryMoveIfAbsent(Copy, Target.Path);
            return false;
        }

        if (!Target.Exists)
            return true;
        var empty = System.IO.Path.Combine(Path, "empty");
        StagingDirectory.CreatePrivate(empty);
        FileOwnership.TryCopyDirectoryAttributes(Copy, empty);
        AtomicRename.TryMoveIfAbsent(empty, Target.Path);
        return true;
    }

    private void ReplaceEmpty()
    {
        if (OperatingSystem.IsWindows())
        {
            Directory.Delete(Target.Path);
            if (!AtomicRename.TryMoveIfAbsent(Copy, Target.Path))
                throw SnapshotTarget.IsNotEmpty(Target.Path, "it appeared meanwhile");
            return;
        }

        try
        {
            // A directory is only ever renamed over one that is empty.
            AtomicRename.Replace(Copy, Target.Path);
        }
        catch (IOException exception) when (exception.HResult == Errno.NotEmpty || exception.HResult == Errno.Exists || exception.HResult == Errno.NotDirectory)
        {
            throw SnapshotTarget.IsNotEmpty(Target.Path, "something appeared in it meanwhile");
        }
        catch (IOException exception) when (exception.HResult == Errno.Busy)
        {
            throw SnapshotTarget.IsMountPoint(Target.Path);
        }
    }

    private static string PrefixFor(string place) =>
        $".{SiblingName.Shorten(System.IO.Path.GetFileName(place), 1 + Infix.Length + 32)}{Infix}";

    private static SnapshotWorkspace? TryCreate(string path, SnapshotTarget target, IReadOnlyList<string> missing, bool isTemporary)
    {
        StagingDirectory.CreatePrivate(path);
        AdvisoryLock? held = null;
        try
        {
            // Somebody else's cleaning may take it away in the instant before it is locked.
            if (TryLock(path, out held) == AdvisoryLockResult.Busy)
                return null;
            var workspace = new SnapshotWorkspace(path, target, held, missing, isTemporary);
            StagingDirectory.CreatePrivate(workspace.Copy);
            return workspace;
        }
        catch (DirectoryNotFoundException)
        {
            held?.Dispose();
            return null;
        }
        catch
        {
            held?.Dispose();
            Directory.Delete(path, recursive: true);
            throw;
        }
    }

    private static AdvisoryLockResult TryLock(string path, out AdvisoryLock? held) =>
        AdvisoryLock.TryCreateAndAcquire(System.IO.Path.Combine(path, LockName), UnixFileMode.UserRead | UnixFileMode.UserWrite, out held);

    /// <summary>The directories that have to be made for a path, the innermost first.</summary>
    private static List<string> FindMissing(string directory)
    {
        var missing = new List<string>();
        for (var next = directory; next is not null && !Directory.Exists(next); next = System.IO.Path.GetDirectoryName(next))
            missing.Add(next);
        return missing;
    }

    private static void RemoveEmpty(IEnumerable<string> directories)
    {
        foreach (var directory in directories.Where(directory => Directory.Exists(directory) && !Directory.EnumerateFileSystemEntries(directory).Any()))
            Directory.Delete(directory);
    }
}
