using Microsoft.Win32.SafeHandles;
using Segvault.Backup;
using Segvault.Engines;
using Segvault.IO;

namespace Segvault.Snapshots;

/// <summary>
/// Fills a directory with the files of a pinned commit: clones where the file system can, since nothing done to one reaches the index; else hard
/// links of those that are never written again; else copies, checked on the way.
/// </summary>
internal sealed class SnapshotCopy(PinnedSnapshot snapshot, SnapshotWorkspace workspace, bool allowDamaged, IProgress<OperationProgress>? progress)
{
    private const int BufferLength = 512 * 1024;
    private const UnixFileMode DefaultMode = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.OtherRead;
    private const UnixFileMode Permissions = (UnixFileMode)0b111_111_111;

    private readonly SortedDictionary<string, string> _damaged = new(StringComparer.Ordinal);
    private readonly long _total = snapshot.Files.Sum(file => file.Length);
    private byte[]? _buffer;
    private bool _cannotClone;
    private long _done;

    public int Linked { get; private set; }

    public int Cloned { get; private set; }

    public int Copied { get; private set; }

    /// <summary>Files that are damaged, and how, as far as that was found.</summary>
    public IReadOnlyDictionary<string, string> Damaged => _damaged;

    public void Write(CancellationToken cancellationToken)
    {
        foreach (var problem in snapshot.Problems)
            _damaged.TryAdd(problem.File, problem.Problem);
        foreach (var file in snapshot.Files)
        {
            cancellationToken.ThrowIfCancellationRequested();
            Write(file, cancellationToken);
            progress?.Report(new OperationProgress("snapshot", _done, _total));
        }

        foreach (var generated in IndexEngines.Get(snapshot.Engine).Generate([.. snapshot.Files.Select(file => file.Path)]))
            WriteGenerated(generated);
        workspace.CopyAttributes(snapshot.Directory);
        if (workspace.MustLast)
            Durable.SyncDirectory(workspace.Copy);
    }

    private void Write(SnapshotFile file, CancellationToken cancellationToken)
    {
        var path = Path.Combine(workspace.Copy, file.Path);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        var before = _done;
        using (var content = snapshot.OpenRead(file))
        {
            if (TryClone(file, content, path))
                Cloned++;
            else if (TryLink(file, content, path))
                Linked++;
            else
                Copy(file, content, path, cancellationToken);
        }

        _done = before + file.Length;
    }

    private bool TryClone(SnapshotFile file, SnapshotContent content, string path)
    {
        if (_cannotClone || content.File is not { } source)
            return false;
        using (var clone = Create(path, ModeOf(file)))
        {
            if (FileLinks.TryClone(source, clone))
            {
                SourceFileChecks.EnsureLength(snapshot, file, RandomAccess.GetLength(clone));
                Finish(clone, path, file);
                return true;
            }
        }

        File.Delete(path);
        _cannotClone = true;
        return false;
    }

    /// <summary>Only what the engine never writes to again may be the same file in both directories.</summary>
    private bool TryLink(SnapshotFile file, SnapshotContent content, string path)
    {
        if (file.Role != EngineFileRole.WriteOnce || content.File is not { } pinned)
            return false;
        var status = FileStatus.Read(pinned);
        SourceFileChecks.EnsureLength(snapshot, file, status.Length);
        if (!FileLinks.TryHardLink(pinned, path) && !TryLinkByName(file, path))
            return false;
        if (FileStatus.TryRead(path)?.Identity == status.Identity)
            return true;

        // Somebody put another file in its place after it was pinned.
        File.Delete(path);
        return false;
    }

    private bool TryLinkByName(SnapshotFile file, string path)
    {
        try
        {
            return FileLinks.TryHardLink(Path.Combine(snapshot.Directory, file.Path), path);
        }
        catch (Exception exception) when (exception is FileNotFoundException or DirectoryNotFoundException)
        {
            // The engine has deleted it; it is read through what is pinned.
            return false;
        }
    }

    private void Copy(SnapshotFile file, SnapshotContent content, string path, CancellationToken cancellationToken)
    {
        EnsureSpace(file);
        var check = snapshot.Commit.CheckContent(file.Path, file.Length);
        _buffer ??= new byte[BufferLength];
        using var copy = Create(path, ModeOf(file));
        long offset = 0;
        int read;
        while ((read = content.Read(offset, _buffer)) > 0)
        {
            cancellationToken.ThrowIfCancellationRequested();
            RandomAccess.Write(copy, _buffer.AsSpan(0, read), offset);
            check.Append(_buffer.AsSpan(0, read));
            offset += read;
            progress?.Report(new OperationProgress("snapshot", _done += read, _total));
        }

        SourceFileChecks.EnsureLength(snapshot, file, offset);
        if (check.Complete() is { } problem && _damaged.TryAdd(file.Path, problem) && !allowDamaged)
            throw SourceFileChecks.Damaged(snapshot, [new IndexProblem(file.Path, problem)]);
        Finish(copy, path, file);
        Copied++;
    }

    /// <summary>Where one file has to be copied because the file system is another one, all that follow have to be, too.</summary>
    private void EnsureSpace(SnapshotFile file)
    {
        var elsewhere = FileStatus.TryRead(snapshot.Directory)?.Identity.Device != FileStatus.TryRead(workspace.Copy)?.Identity.Device;
        var needed = elsewhere ? _total - _done : file.Length;
        if (DiskSpace.Available(workspace.Copy) is { } available && available < needed)
        {
            throw new RefusedException(
                ErrorCode.NotEnoughSpace,
                $"{needed} bytes have to be copied to {workspace.Target.Path}, and {available} are free there.",
                "Free some space, or choose a directory in the index's own file system, where nothing has to be copied.");
        }
    }

    private void WriteGenerated(GeneratedFile generated)
    {
        var path = Path.Combine(workspace.Copy, generated.Path);
        using var file = Create(path, generated.Mode);
        RandomAccess.Write(file, generated.Content.Span, 0);
        TakeOwner(path, snapshot.Files.FirstOrDefault(candidate => candidate.Role == EngineFileRole.Commit)?.Owner);
        if (workspace.MustLast)
            Durable.Sync(file, path);
    }

    /// <summary>Gives a file that shares nothing with the index's the same owner, mode and time.</summary>
    private void Finish(SafeFileHandle handle, string path, SnapshotFile file)
    {
        TakeOwner(path, file.Owner);
        FileOwnership.TryChangeMode(path, ModeOf(file));
        File.SetLastWriteTimeUtc(handle, file.ModifiedAt.UtcDateTime);
        if (workspace.MustLast)
            Durable.Sync(handle, path);
    }

    /// <summary>Only root can give files away; for others the copy is their own.</summary>
    private static void TakeOwner(string path, FileOwner? owner)
    {
        if (owner is not null && FileStatus.TryRead(path) is { } status && (status.UserId, status.GroupId) != (owner.UserId, owner.GroupId))
            FileOwnership.TryChange(path, owner.UserId, owner.GroupId);
    }

    private static UnixFileMode ModeOf(SnapshotFile file) => file.Mode is { } mode ? mode & Permissions : DefaultMode;

    private static SafeFileHandle Create(string path, UnixFileMode mode)
    {
        var handle = File.OpenHandle(path, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete);
        if (!OperatingSystem.IsWindows())
            File.SetUnixFileMode(handle, mode);
        return handle;
    }
}
