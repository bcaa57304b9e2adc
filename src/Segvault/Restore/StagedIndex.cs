using System.Collections.Concurrent;
using Microsoft.Win32.SafeHandles;
using Segvault.Engines;
using Segvault.IO;
using Segvault.Repositories;

namespace Segvault.Restore;

/// <summary>
/// The restored index on its way: every file written to a directory of its own, its SHA-256 and the engine's check compared as it is written,
/// and flushed to the device. Nothing here touches the target.
/// </summary>
internal sealed class StagedIndex(RestoreContext context, string directory)
{
    private const UnixFileMode DefaultMode = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.OtherRead;
    private static readonly int Parallelism = Math.Clamp(Environment.ProcessorCount, 2, 8);

    private readonly ConcurrentBag<string> _reusedInPlace = [];
    private readonly ConcurrentBag<string> _damaged = [];
    private long _bytesReused;
    private long _bytesDone;

    public string Directory => directory;

    public long BytesReused => Interlocked.Read(ref _bytesReused);

    /// <summary>Files that the target already has and that stay where they are: only when restoring in place.</summary>
    public IReadOnlyCollection<string> ReusedInPlace => _reusedInPlace;

    /// <summary>Files that are damaged, as the backup itself recorded.</summary>
    public IReadOnlyCollection<string> DamagedFiles => _damaged;

    /// <summary>What the engine reads in the restored commit file.</summary>
    public IndexCommit? Commit { get; private set; }

    public async Task WriteAsync(CancellationToken cancellationToken)
    {
        var manifest = context.Manifest;
        var commitFiles = new Dictionary<string, byte[]>(StringComparer.Ordinal);
        foreach (var file in manifest.Files.Where(file => context.Engine.Classify(file.Path) == EngineFileRole.Commit))
            commitFiles.Add(file.Path, await context.Packs.ReadAllAsync(file, cancellationToken).ConfigureAwait(false));
        Commit = context.Engine.ReadCommit(commitFiles.GetValueOrDefault);
        EnsureComplete(Commit);
        var parallel = new ParallelOptions { MaxDegreeOfParallelism = Parallelism, CancellationToken = cancellationToken };
        await Parallel.ForEachAsync(manifest.Files, parallel, async (file, token) => await WriteAsync(file, token).ConfigureAwait(false)).ConfigureAwait(false);
        foreach (var generated in context.Engine.Generate([.. manifest.Files.Select(file => file.Path)]))
            WriteGenerated(generated);
        Durable.SyncDirectory(directory);
    }

    /// <summary>Writes a file that the engine needs and backups do not hold.</summary>
    public void WriteGenerated(GeneratedFile generated)
    {
        var path = Path.Combine(directory, generated.Path);
        using (var file = Create(path, generated.Content.Length, generated.Mode))
        {
            RandomAccess.Write(file, generated.Content.Span, 0);
            Durable.Sync(file, path);
        }

        context.Owner.Apply(path, CommitOwner());
    }

    /// <summary>The owner recorded for the commit file, which stands for the whole index.</summary>
    public FileOwner? CommitOwner() => context.Manifest.Files.FirstOrDefault(file => context.Engine.Classify(file.Path) == EngineFileRole.Commit)?.Owner;

    private void EnsureComplete(IndexCommit commit)
    {
        var manifest = context.Manifest;
        var missing = commit.FindMissing(manifest.Files.Select(file => file.Path).ToHashSet(StringComparer.Ordinal));
        foreach (var file in missing)
            _damaged.Add(file);
        if (missing.IsEmpty && commit.Documents == manifest.Documents)
            return;
        if (manifest.Flags.Contains(Backup.BackupFlag.Damaged) && commit.Documents == manifest.Documents)
            return;
        throw new DamageException(
            ErrorCode.RepositoryDamaged,
            ManifestStore.NameOf(manifest.Id),
            missing.IsEmpty
                ? $"Backup {manifest.Id.ToShortString()} records {manifest.Documents} documents, its commit file {commit.Documents}."
                : $"Backup {manifest.Id.ToShortString()} lacks {missing[0]}, which its commit file names.",
            "Restore another backup; `segvault list` shows them.");
    }

    private async Task WriteAsync(BackupFile file, CancellationToken cancellationToken)
    {
        if (RestorePlanner.MayReuse(context.Target, file) && TryReuse(file, cancellationToken))
        {
            Interlocked.Add(ref _bytesReused, file.Length);
            return;
        }

        var path = Path.Combine(directory, file.Path);
        System.IO.Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        using var content = new CheckedContent(Commit!.CheckContent(file.Path, file.Length));
        using (var handle = Create(path, file.Length, file.Mode ?? DefaultMode))
        {
            await context.Packs.ReadAsync(
                file,
                bytes =>
                {
                    RandomAccess.Write(handle, bytes, content.Length);
                    content.Append(bytes);
                    Report(bytes.Length);
                },
                cancellationToken).ConfigureAwait(false);
            EnsureGood(file, content.Complete());
            Durable.Sync(handle, path);
        }

        Finish(path, file);
    }

    /// <summary>Uses the file that the target already has, if its bytes are the ones needed: read and compared, not trusted.</summary>
    private bool TryReuse(BackupFile file, CancellationToken cancellationToken)
    {
        var existing = Path.Combine(context.Target.Path, file.Path);
        using var source = SourceFile.OpenRead(existing);
        using var content = new CheckedContent(Commit!.CheckContent(file.Path, file.Length));
        var buffer = new byte[256 * 1024];
        int read;
        while ((read = RandomAccess.Read(source, buffer, content.Length)) > 0)
        {
            cancellationToken.ThrowIfCancellationRequested();
            content.Append(buffer.AsSpan(0, read));
        }

        var verdict = content.Complete();
        if (verdict.Sha256 != file.Sha256 || verdict.Problem is not null)
            return false;
        if (context.Method == RestoreMethod.InPlace)
            _reusedInPlace.Add(file.Path);
        else
            Take(file, existing, source);
        Report(file.Length);
        return true;
    }

    private void Take(BackupFile file, string existing, SafeFileHandle source)
    {
        var path = Path.Combine(directory, file.Path);
        System.IO.Directory.CreateDirectory(Path.GetDirectoryName(path)!);

        // A linked file is the old index's too: its metadata must be right as it is, and nobody may write to it again.
        if (!TryClone(path, file, source) && !(MayLink(file, FileStatus.Read(source)) && FileLinks.TryHardLink(existing, path)))
        {
            using var copy = Create(path, file.Length, file.Mode ?? DefaultMode);
            Copy(source, copy);
            Durable.Sync(copy, path);
        }
        else if (FileStatus.TryRead(path)!.Identity == FileStatus.Read(source).Identity)
        {
            return;
        }

        Finish(path, file);
    }

    private static bool TryClone(string path, BackupFile file, SafeFileHandle source)
    {
        using (var clone = Create(path, 0, file.Mode ?? DefaultMode))
        {
            if (FileLinks.TryClone(source, clone))
            {
                Durable.Sync(clone, path);
                return true;
            }
        }

        File.Delete(path);
        return false;
    }

    private bool MayLink(BackupFile file, FileStatus existing) =>
        file.WriteOnce && existing.Mode == (file.Mode ?? DefaultMode) && context.Owner.Matches(existing, file.Owner);

    private static void Copy(SafeFileHandle source, SafeFileHandle destination)
    {
        var buffer = new byte[1024 * 1024];
        long offset = 0;
        int read;
        while ((read = RandomAccess.Read(source, buffer, offset)) > 0)
        {
            RandomAccess.Write(destination, buffer.AsSpan(0, read), offset);
            offset += read;
        }
    }

    private void EnsureGood(BackupFile file, ContentVerdict verdict)
    {
        if (verdict.Sha256 != file.Sha256)
        {
            throw new DamageException(
                ErrorCode.RepositoryDamaged,
                ManifestStore.NameOf(context.Manifest.Id),
                $"{file.Path} of backup {context.Manifest.Id.ToShortString()} does not have the SHA-256 that the manifest records.",
                "Nothing was replaced. Run `segvault verify --read-data`, or restore another backup.");
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

    private void Finish(string path, BackupFile file)
    {
        context.Owner.Apply(path, file.Owner);
        if (file.Mode is { } mode && !OperatingSystem.IsWindows())
            FileOwnership.TryChangeMode(path, mode);
        File.SetLastWriteTimeUtc(path, file.ModifiedAt.UtcDateTime);
    }

    private void Report(long bytes) =>
        context.Progress?.Report(new OperationProgress("restore", Interlocked.Add(ref _bytesDone, bytes), context.Manifest.TotalSize));

    private static SafeFileHandle Create(string path, long length, UnixFileMode mode)
    {
        var handle = File.OpenHandle(path, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete, preallocationSize: length);
        if (!OperatingSystem.IsWindows())
            File.SetUnixFileMode(handle, mode);
        return handle;
    }
}

/// <summary>What every part of one restore works with.</summary>
internal sealed record RestoreContext(
    BackupManifest Manifest,
    IndexEngine Engine,
    RestoreTarget Target,
    RestoreMethod Method,
    OwnerPolicy Owner,
    PackedFileReader Packs,
    IProgress<OperationProgress>? Progress);
