using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using Segvault.IO;

namespace Segvault.Storage;

/// <summary>
/// Objects as files in a local directory. An object is written to <c>tmp/</c>, flushed with <c>fsync(2)</c> and given its name by a rename that
/// refuses an existing one; <see cref="BarrierAsync"/> flushes the directories. Packs are spread over 256 directories by their first two digits.
/// </summary>
public sealed class LocalObjectStore : ObjectStore
{
    private const string PackPrefix = "packs/";
    private const string TemporaryPrefix = "tmp/";

    /// <summary>After a read of so many bytes the next one is likely to be of those behind them.</summary>
    private const int LargeRead = 1024 * 1024;

    private const UnixFileMode DirectoryMode = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    // With the number of the last change: a directory is clean only if none came while it was flushed.
    private readonly ConcurrentDictionary<string, long> _unflushedDirectories = new(StringComparer.Ordinal);
    private readonly TemporaryFiles _temporary;
    private long _changes;

    /// <summary>Uses a directory. Nothing is created until something is written.</summary>
    public LocalObjectStore(string directory)
    {
        ArgumentException.ThrowIfNullOrEmpty(directory);
        Root = Path.GetFullPath(directory);
        _temporary = new TemporaryFiles(TemporaryDirectory);
    }

    /// <summary>The directory, absolute.</summary>
    public string Root { get; }

    /// <inheritdoc/>
    public override string Location => Root;

    /// <inheritdoc/>
    public override long? AvailableBytes => Directory.Exists(Root) ? DiskSpace.Available(Root) : null;

    /// <summary>
    /// An object without which nothing is written: the one that makes the directory a repository. When the file system under it is unmounted,
    /// an empty directory may be left in its place, and a backup that filled it would be no backup.
    /// </summary>
    internal string? Witness { get; set; }

    internal string TemporaryDirectory => Path.Combine(Root, "tmp");

    /// <inheritdoc/>
    public override ValueTask<ObjectUpload> CreateAsync(string name, CancellationToken cancellationToken)
    {
        var destination = PathOf(name);
        EnsureStillThere(name);
        CreateDirectory(TemporaryDirectory);
        CreateDirectory(Path.GetDirectoryName(destination)!);
        return new ValueTask<ObjectUpload>(new LocalObjectUpload(this, destination));
    }

    /// <inheritdoc/>
    public override async ValueTask<byte[]?> ReadAsync(string name, CancellationToken cancellationToken)
    {
        var path = PathOf(name);
        try
        {
            var content = await File.ReadAllBytesAsync(path, cancellationToken).ConfigureAwait(false);
            MarkUnflushed(path);
            return content;
        }
        catch (Exception exception) when (exception is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
    }

    /// <inheritdoc/>
    public override ValueTask<int> ReadAsync(string name, long offset, Memory<byte> buffer, CancellationToken cancellationToken)
    {
        try
        {
            using var file = File.OpenHandle(PathOf(name), FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            if (buffer.Length >= LargeRead)
                ReadAhead.Expect(file, offset, 2L * buffer.Length);
            var total = 0;
            while (total < buffer.Length)
            {
                cancellationToken.ThrowIfCancellationRequested();
                var read = RandomAccess.Read(file, buffer.Span[total..], offset + total);
                if (read == 0)
                    break;
                total += read;
            }

            return new ValueTask<int>(total);
        }
        catch (Exception exception) when (exception is FileNotFoundException or DirectoryNotFoundException)
        {
            return new ValueTask<int>(-1);
        }
    }

    /// <inheritdoc/>
    public override ValueTask<long?> GetLengthAsync(string name, CancellationToken cancellationToken) =>
        new(FileStatus.TryRead(PathOf(name)) is { Kind: FileKind.Regular } status ? status.Length : null);

    /// <inheritdoc/>
    public override async IAsyncEnumerable<StoredObject> ListAsync(string prefix, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await Task.CompletedTask.ConfigureAwait(false);
        var directory = Path.Combine(Root, prefix.TrimEnd('/').Replace('/', Path.DirectorySeparatorChar));
        if (!Directory.Exists(directory))
            yield break;
        var options = new EnumerationOptions { RecurseSubdirectories = true, IgnoreInaccessible = false, AttributesToSkip = FileAttributes.None };
        foreach (var file in new DirectoryInfo(directory).EnumerateFiles("*", options))
        {
            cancellationToken.ThrowIfCancellationRequested();

            // Another client may delete while this one lists.
            if (file.Exists)
                yield return new StoredObject(NameOf(file.FullName), file.Length, new DateTimeOffset(file.LastWriteTimeUtc));
        }
    }

    /// <inheritdoc/>
    public override ValueTask<bool> DeleteAsync(string name, CancellationToken cancellationToken)
    {
        var path = PathOf(name);
        if (!File.Exists(path))
            return new ValueTask<bool>(false);
        File.Delete(path);
        MarkUnflushed(path);
        return new ValueTask<bool>(true);
    }

    /// <inheritdoc/>
    public override ValueTask<bool> AdoptAsync(string name, CancellationToken cancellationToken)
    {
        var path = PathOf(name);
        try
        {
            // Windows flushes only what may be written to.
            var access = OperatingSystem.IsWindows() ? FileAccess.ReadWrite : FileAccess.Read;
            using var file = File.OpenHandle(path, FileMode.Open, access, FileShare.ReadWrite | FileShare.Delete);
            Durable.Sync(file, path);
            MarkUnflushed(path);
            return new ValueTask<bool>(true);
        }
        catch (Exception exception) when (exception is FileNotFoundException or DirectoryNotFoundException)
        {
            return new ValueTask<bool>(false);
        }
    }

    /// <inheritdoc/>
    public override ValueTask BarrierAsync(CancellationToken cancellationToken)
    {
        foreach (var entry in _unflushedDirectories)
        {
            Durable.SyncDirectory(entry.Key);
            _unflushedDirectories.TryRemove(entry);
        }

        return ValueTask.CompletedTask;
    }

    internal override bool GiveUpReserve() => _temporary.GiveUpReserve();

    internal override void RenewReserve() => _temporary.RenewReserve(AvailableBytes ?? 0);

    internal override long CountStaleUploads(DateTimeOffset before) => _temporary.CountStale(before);

    internal override long RemoveStaleUploads(DateTimeOffset before) => _temporary.RemoveStale(before);

    internal override void RemoveEmptyPlaces(string prefix)
    {
        var top = Path.Combine(Root, prefix.TrimEnd('/').Replace('/', Path.DirectorySeparatorChar));
        try
        {
            if (Directory.Exists(top))
            {
                foreach (var directory in Directory.EnumerateDirectories(top, "*", SearchOption.AllDirectories).Append(top).OrderByDescending(path => path.Length).ToList())
                    Directory.Delete(directory);
            }

            // Another client may have removed them.
            foreach (var directory in _unflushedDirectories.Keys.Where(path => path == top || path.StartsWith(top + Path.DirectorySeparatorChar, StringComparison.Ordinal)))
                _unflushedDirectories.TryRemove(directory, out _);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // Somebody uses it, or may not remove it: an empty directory harms nobody.
        }
    }

    /// <summary>Notes that a name may not be on the disk yet, nor those of the directories that lead to it: another process may have made them.</summary>
    internal void MarkUnflushed(string path)
    {
        while (path.Length > Root.Length && Path.GetDirectoryName(path) is { } parent)
        {
            _unflushedDirectories[parent] = Interlocked.Increment(ref _changes);
            path = parent;
        }
    }

    /// <summary>Creates a directory that only its owner can enter, and its parents.</summary>
    internal void CreateDirectory(string directory)
    {
        if (Directory.Exists(directory))
            return;
        var parent = Path.GetDirectoryName(directory);
        if (parent is not null)
            CreateDirectory(parent);
        if (OperatingSystem.IsWindows())
            Directory.CreateDirectory(directory);
        else
            Directory.CreateDirectory(directory, DirectoryMode);
        if (parent is not null)
            _unflushedDirectories[parent] = Interlocked.Increment(ref _changes);
    }

    private void EnsureStillThere(string name)
    {
        if (Witness is null || name == Witness || File.Exists(PathOf(Witness)))
            return;
        throw new SegvaultException(
            ErrorCode.StoreUnreachable,
            $"The repository at {Root} is not there any more: {Witness} is missing.",
            "Look whether its file system is still mounted, then run the command again.");
    }

    private string PathOf(string name)
    {
        if (!IsValid(name))
            throw new ArgumentException($"'{name}' is not an object name.", nameof(name));
        if (name.StartsWith(PackPrefix, StringComparison.Ordinal))
            name = $"{PackPrefix}{name.AsSpan(PackPrefix.Length, 2)}/{name.AsSpan(PackPrefix.Length)}";
        return Path.Combine(Root, name.Replace('/', Path.DirectorySeparatorChar));
    }

    private string NameOf(string path)
    {
        var name = Path.GetRelativePath(Root, path).Replace(Path.DirectorySeparatorChar, '/');
        var parts = name.Split('/');
        return parts is ["packs", var fan, var id] && id.StartsWith(fan, StringComparison.Ordinal) && fan.Length == 2 ? PackPrefix + id : name;
    }

    private static bool IsValid(string name) =>
        IsName(name)
        && !name.StartsWith(TemporaryPrefix, StringComparison.Ordinal)
        && (!name.StartsWith(PackPrefix, StringComparison.Ordinal) || (name.Length >= PackPrefix.Length + 2 && name.LastIndexOf('/') < PackPrefix.Length));
}
