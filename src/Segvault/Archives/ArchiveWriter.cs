using System.Security.Cryptography;
using Microsoft.Win32.SafeHandles;
using Segvault.Archives.Compression;
using Segvault.Archives.Tar;
using Segvault.Content;
using Segvault.IO;

namespace Segvault.Archives;

/// <summary>
/// An archive on its way: written under a temporary name, flushed, and given its own name in one step that never replaces anything. Until then
/// there is no archive; disposing removes what there is.
/// </summary>
internal sealed class ArchiveWriter : IAsyncDisposable
{
    private const string Prefix = ".segvault-archive-";
    private const string Suffix = ".part";

    private readonly string _directory;
    private readonly NewDirectories _made;
    private readonly string _temporary;
    private readonly SafeFileHandle _file;
    private readonly CompressedWriter _compressed;
    private readonly TarWriter _tar;
    private string? _manifestSha256;
    private long _length;
    private bool _published;

    private ArchiveWriter(string directory, NewDirectories made, ArchiveFormat format, int? level)
    {
        _directory = directory;
        _made = made;
        _temporary = Path.Combine(directory, $"{Prefix}{Guid.NewGuid():n}{Suffix}");

        // Nobody else may open it: that is also how another run sees that it is in use.
        _file = File.OpenHandle(_temporary, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.None);
        if (!OperatingSystem.IsWindows())
            File.SetUnixFileMode(_file, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        _compressed = CompressedWriter.Create(format, level, Put);
        _tar = new TarWriter(_compressed);
    }

    /// <summary>Starts an archive in a directory, which is made when it is absent.</summary>
    /// <exception cref="SegvaultException">This user may not write there.</exception>
    public static ArchiveWriter Create(string directory, ArchiveFormat format, int? level)
    {
        NewDirectories? made = null;
        try
        {
            made = NewDirectories.Create(directory);
            return new ArchiveWriter(directory, made, format, level);
        }
        catch (Exception exception)
        {
            made?.Remove();
            if (exception is not UnauthorizedAccessException)
                throw;
            throw new SegvaultException(
                ErrorCode.PermissionDenied,
                $"No archive can be written in {directory}{(FileOwnership.DescribeOwner(directory) is { } owner ? $": {owner}" : "")}.",
                "Run as a user who may write there, or choose another directory.",
                exception);
        }
    }

    /// <summary>Removes what killed runs left in a directory.</summary>
    public static void RemoveLeftovers(string directory)
    {
        if (!Directory.Exists(directory))
            return;
        foreach (var path in Directory.EnumerateFiles(directory, $"{Prefix}*{Suffix}"))
        {
            try
            {
                // Whoever still writes to it holds it.
                File.OpenHandle(path, FileMode.Open, FileAccess.ReadWrite, FileShare.None).Dispose();
                File.Delete(path);
            }
            catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
            {
                // In use, or somebody else's.
            }
        }
    }

    /// <summary>Writes the manifest, which comes first.</summary>
    public async Task WriteManifestAsync(byte[] content, DateTimeOffset createdAt, CancellationToken cancellationToken)
    {
        _manifestSha256 = Convert.ToHexStringLower(SHA256.HashData(content));
        await BeginAsync(ArchiveManifest.FileName, content.Length, createdAt, null, null, cancellationToken).ConfigureAwait(false);
        await _tar.WriteAsync(content, cancellationToken).ConfigureAwait(false);
        await _tar.EndAsync(cancellationToken).ConfigureAwait(false);

        // A list reads no more than this.
        await _compressed.EndBlockAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Writes a file that is at hand.</summary>
    public async Task WriteAsync(BackupFile file, ReadOnlyMemory<byte> content, CancellationToken cancellationToken)
    {
        var member = await BeginAsync(file, cancellationToken).ConfigureAwait(false);
        await using (member.ConfigureAwait(false))
        {
            await member.AppendAsync(content, cancellationToken).ConfigureAwait(false);
            await member.CompleteAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Starts a file. It must be completed before the next one.</summary>
    public async Task<IContentSink> BeginAsync(BackupFile file, CancellationToken cancellationToken)
    {
        await BeginAsync(file.Path, file.Length, file.ModifiedAt, file.Mode, file.Owner, cancellationToken).ConfigureAwait(false);
        return new MemberSink(_tar);
    }

    /// <summary>Ends the archive, looks at it as whoever opens it will, and gives it the first name that is free.</summary>
    /// <param name="name">The name to try at the n-th attempt, from 1; null when there is none left.</param>
    /// <param name="cancellationToken">Stops the call; there is no archive then.</param>
    /// <returns>The archive; null when no name was free.</returns>
    public async Task<CatalogedArchive?> PublishAsync(Func<int, string?> name, CancellationToken cancellationToken)
    {
        await _tar.CompleteAsync(cancellationToken).ConfigureAwait(false);
        await _compressed.CompleteAsync(cancellationToken).ConfigureAwait(false);
        Durable.Sync(_file, _temporary);
        if (OperatingSystem.IsWindows())
        {
            // An open file that nobody else may open cannot be renamed there.
            _file.Dispose();
        }

        var archive = await ArchiveCatalog.ReadAsync(_temporary, cancellationToken).ConfigureAwait(false);
        if (archive.Length != _length || archive.Manifest.Sha256 != _manifestSha256)
            throw ArchiveFailure.Damaged(_temporary, "was just written and is not what was written");
        for (var attempt = 1; name(attempt) is { } next; attempt++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var path = Path.Combine(_directory, next);
            if (!AtomicRename.TryMoveIfAbsent(_temporary, path))
                continue;
            _published = true;
            _file.Dispose();
            Durable.SyncDirectory(_directory);
            return new CatalogedArchive(path, archive.Length, archive.Manifest with { Backup = archive.Manifest.Backup with { Archive = path } });
        }

        return null;
    }

    public async ValueTask DisposeAsync()
    {
        await _compressed.DisposeAsync().ConfigureAwait(false);
        if (!_published)
            File.Delete(_temporary);
        _file.Dispose();
        if (!_published)
            _made.Remove();
    }

    private ValueTask Put(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        RandomAccess.Write(_file, bytes.Span, _length);
        _length += bytes.Length;
        return ValueTask.CompletedTask;
    }

    private ValueTask BeginAsync(string name, long length, DateTimeOffset modifiedAt, UnixFileMode? mode, FileOwner? owner, CancellationToken cancellationToken) =>
        _tar.BeginAsync(
            new TarMember
            {
                Name = name,
                Kind = TarMemberKind.File,
                Length = length,
                ModifiedAt = modifiedAt,
                Mode = mode,
                UserId = owner?.UserId,
                GroupId = owner?.GroupId,
                User = owner?.User,
                Group = owner?.Group,
            },
            cancellationToken);

    private sealed class MemberSink(TarWriter tar) : IContentSink
    {
        public ValueTask AppendAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken) => tar.WriteAsync(bytes, cancellationToken);

        public ValueTask CompleteAsync(CancellationToken cancellationToken) => tar.EndAsync(cancellationToken);

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}
