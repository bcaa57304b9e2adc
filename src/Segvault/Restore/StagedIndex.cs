using System.Collections.Concurrent;
using Microsoft.Win32.SafeHandles;
using Segvault.Content;
using Segvault.Engines;
using Segvault.IO;

namespace Segvault.Restore;

/// <summary>
/// The restored index on its way: every file written to a directory of its own, its SHA-256 and the engine's check compared as it is written,
/// and flushed to the device. Nothing here touches the target.
/// </summary>
internal sealed class StagedIndex(RestoreContext context, string directory)
{
    private const UnixFileMode DefaultMode = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.OtherRead;
    private const UnixFileMode Permissions = (UnixFileMode)0b111_111_111;
    private static readonly int Parallelism = Math.Clamp(Environment.ProcessorCount, 2, 8);

    private readonly ConcurrentBag<string> _reusedInPlace = [];
    private readonly ConcurrentBag<string> _damaged = [];
    private volatile bool _cannotClone;
    private long _bytesReused;
    private long _bytesDone;

    public string Directory => directory;

    public long BytesReused => Interlocked.Read(ref _bytesReused);

    /// <summary>Files that the target already has and that stay where they are: only when restoring in place.</summary>
    public IReadOnlyCollection<string> ReusedInPlace => _reusedInPlace;

    /// <summary>Files that are damaged, as the backup itself recorded.</summary>
    public IReadOnlyCollection<string> DamagedFiles => _damaged;

    /// <summary>What the engine reads in the restored commit file; null when that is lost.</summary>
    public IndexCommit? Commit { get; private set; }

    /// <summary>Writes it. What is written is flushed when this returns.</summary>
    public async Task WriteAsync(CancellationToken cancellationToken)
    {
        var manifest = context.Manifest;
        if (context.Salvaged is null)
        {
            (Commit, var missing) = await BackedUpCommit.ReadAsync(manifest, context.Engine, context.Content, cancellationToken).ConfigureAwait(false);
            foreach (var file in missing)
                _damaged.Add(file);
        }
        else
        {
            Commit = context.Salvaged.Commit;
        }

        using (var flushes = new FlushQueue())
        {
            await context.Content.ReadAsync(Reuse(cancellationToken), file => new StagedFile(this, file, flushes), cancellationToken).ConfigureAwait(false);
            flushes.Complete();
        }

        foreach (var generated in Generate())
            WriteGenerated(generated);
        Durable.SyncDirectory(directory);
    }

    /// <summary>Writes a file that the engine needs and backups do not hold.</summary>
    public void WriteGenerated(GeneratedFile generated)
    {
        var path = Path.Combine(directory, generated.Path);
        using (var file = Create(path, generated.Mode))
        {
            RandomAccess.Write(file, generated.Content.Span, 0);
            Durable.Sync(file, path);
        }

        context.Owner.Apply(path, CommitOwner());
    }

    /// <summary>The owner recorded for the commit file, which stands for the whole index.</summary>
    public FileOwner? CommitOwner() => context.Manifest.Files.FirstOrDefault(file => context.Engine.Classify(file.Path) == EngineFileRole.Commit)?.Owner;

    /// <summary>Files of segments that are no longer named are not the engine's to delete: somebody may make something of them.</summary>
    private IReadOnlyList<GeneratedFile> Generate() => context.Salvaged switch
    {
        null => context.Engine.Generate([.. context.Manifest.Files.Select(file => file.Path)]),
        { Commit: null } => [],
        var salvaged => context.Engine.Generate(salvaged.EngineFiles),
    };

    private ContentCheck CheckContent(BackupFile file) => Commit?.CheckContent(file.Path, file.Length) ?? new NoContentCheck();

    /// <summary>Takes from the target what it already has, and says what is left to be read: the largest first, so that no core is left without work at the end.</summary>
    private BackupFile[] Reuse(CancellationToken cancellationToken)
    {
        var rest = new ConcurrentBag<BackupFile>();
        var parallel = new ParallelOptions { MaxDegreeOfParallelism = Parallelism, CancellationToken = cancellationToken };
        Parallel.ForEach(
            context.Manifest.Files,
            parallel,
            file =>
            {
                if (!RestorePlanner.MayReuse(context, file) || !TryReuse(file, cancellationToken))
                {
                    rest.Add(file);
                    return;
                }

                Interlocked.Add(ref _bytesReused, file.Length);
                Report(file.Length);
            });
        return [.. rest.OrderByDescending(file => file.Length)];
    }

    /// <summary>Uses the file that the target already has, if its bytes are the ones needed: read and compared, not trusted.</summary>
    private bool TryReuse(BackupFile file, CancellationToken cancellationToken)
    {
        var existing = Path.Combine(context.Target.Path, file.Path);
        SafeFileHandle source;
        try
        {
            source = SourceFile.OpenRead(existing);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return false;
        }

        using (source)
        {
            // A file that two indexes share must be right as it is: its owner and mode are the old index's too.
            var mayShare = RestorePlanner.MayShare(context, file, FileStatus.Read(source));
            if (context.Method == RestoreMethod.InPlace && mayShare)
            {
                if (!IsWanted(file, source, null, cancellationToken))
                    return false;
                _reusedInPlace.Add(file.Path);
                return true;
            }

            return TryClone(file, source, cancellationToken) ?? TryLink(file, source, existing, mayShare, cancellationToken) ?? TryCopy(file, source, cancellationToken);
        }
    }

    /// <summary>Null where files cannot share blocks, else whether the file is the one needed.</summary>
    private bool? TryClone(BackupFile file, SafeFileHandle source, CancellationToken cancellationToken)
    {
        if (_cannotClone)
            return null;
        var path = PathOf(file);
        using (var clone = Create(path, ModeOf(file)))
        {
            if (FileLinks.TryClone(source, clone))
                return Keep(path, file, clone, IsWanted(file, clone, null, cancellationToken));
        }

        File.Delete(path);
        _cannotClone = true;
        return null;
    }

    /// <summary>Null when the file must not be linked or cannot be, else whether it is the one needed.</summary>
    private bool? TryLink(BackupFile file, SafeFileHandle source, string existing, bool mayShare, CancellationToken cancellationToken)
    {
        if (!file.WriteOnce || !mayShare)
            return null;
        if (!IsWanted(file, source, null, cancellationToken))
            return false;
        var path = PathOf(file);
        if (!FileLinks.TryHardLink(existing, path))
            return null;
        if (FileStatus.TryRead(path)?.Identity == FileStatus.Read(source).Identity)
            return true;

        // Somebody put another file in its place after it was read.
        File.Delete(path);
        return null;
    }

    private bool TryCopy(BackupFile file, SafeFileHandle source, CancellationToken cancellationToken)
    {
        var path = PathOf(file);
        using var copy = Create(path, ModeOf(file));
        return Keep(path, file, copy, IsWanted(file, source, copy, cancellationToken));
    }

    private bool Keep(string path, BackupFile file, SafeFileHandle content, bool wanted)
    {
        if (wanted)
        {
            SetRecorded(content, path, file);
            Durable.Sync(content, path);
        }
        else
        {
            File.Delete(path);
        }

        return wanted;
    }

    /// <summary>False also for a file of the old index that cannot be read: the repository has it too.</summary>
    private bool IsWanted(BackupFile file, SafeFileHandle source, SafeFileHandle? copy, CancellationToken cancellationToken)
    {
        ContentVerdict verdict;
        try
        {
            verdict = FileContent.Check(source, CheckContent(file), copy, cancellationToken);
        }
        catch (IOException)
        {
            return false;
        }

        return verdict.Sha256 == file.Sha256 && verdict.Problem is null;
    }

    private void EnsureGood(BackupFile file, ContentVerdict verdict)
    {
        if (verdict.Sha256 != file.Sha256)
        {
            throw context.Content.Damaged(file, $"{file.Path} of backup {context.Manifest.Id.ToShortString()} does not have the SHA-256 that the manifest records.");
        }

        if (verdict.Problem is null)
            return;
        _damaged.Add(file.Path);
        if (!file.Damaged)
        {
            throw new DamageException(
                ErrorCode.IndexDamaged,
                file.Path,
                $"{file.Path} of backup {context.Manifest.Id.ToShortString()} is exactly what was backed up, but the {context.Engine.Name} check rejects it: it {verdict.Problem}.",
                "Nothing was replaced. Restore another backup.");
        }
    }

    /// <summary>Sets what is recorded beside the content.</summary>
    private void SetRecorded(SafeFileHandle handle, string path, BackupFile file)
    {
        context.Owner.Apply(path, file.Owner);
        if (!OperatingSystem.IsWindows())
            FileOwnership.TryChangeMode(path, ModeOf(file));
        File.SetLastWriteTimeUtc(handle, file.ModifiedAt.UtcDateTime);
    }

    private string PathOf(BackupFile file)
    {
        var path = Path.Combine(directory, file.Path);
        System.IO.Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        return path;
    }

    /// <summary>Permissions of a restored file: those recorded, but nothing that would lend its owner's rights to whoever runs it.</summary>
    public static UnixFileMode ModeOf(BackupFile file) => file.Mode is { } mode ? mode & Permissions : DefaultMode;

    private void Report(long bytes) =>
        context.Progress?.Report(new OperationProgress("restore", Interlocked.Add(ref _bytesDone, bytes), context.Manifest.TotalSize));

    /// <summary>Space is not reserved: where there is none, .NET would not say so in the usual way.</summary>
    private static SafeFileHandle Create(string path, UnixFileMode mode)
    {
        var handle = File.OpenHandle(path, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete);
        if (!OperatingSystem.IsWindows())
            File.SetUnixFileMode(handle, mode);
        return handle;
    }

    /// <summary>One file as it comes from the backup.</summary>
    private sealed class StagedFile(StagedIndex staged, BackupFile file, FlushQueue flushes) : IContentSink
    {
        private readonly string _path = staged.PathOf(file);
        private readonly CheckedContent _content = new(staged.CheckContent(file));
        private SafeFileHandle? _handle;
        private EarlyWriteback _writeback;

        public ValueTask AppendAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
        {
            RandomAccess.Write(_handle ??= Create(_path, ModeOf(file)), bytes.Span, _content.Length);
            _content.Append(bytes.Span);
            _writeback.Wrote(_handle, _content.Length);
            staged.Report(bytes.Length);
            return ValueTask.CompletedTask;
        }

        public ValueTask CompleteAsync(CancellationToken cancellationToken)
        {
            _handle ??= Create(_path, ModeOf(file));
            staged.EnsureGood(file, _content.Complete());
            staged.SetRecorded(_handle, _path, file);
            var written = _handle;
            _handle = null;
            flushes.Add(written, _path);
            return ValueTask.CompletedTask;
        }

        public ValueTask DisposeAsync()
        {
            _handle?.Dispose();
            _content.Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
