using Segvault.Archives.Compression;
using Segvault.Archives.Tar;
using Segvault.Content;
using Segvault.Engines;
using Segvault.IO;
using Segvault.Restore;

namespace Segvault.Archives;

/// <summary>
/// Reads one archive from its beginning to its end, and believes nothing of it: not names, sizes, kinds, or that it ends where it says. The
/// manifest comes first, so everything after it is known before it is met, and what decompresses to more is stopped there.
/// </summary>
internal sealed class ArchiveReader : IAsyncDisposable
{
    private const int LargestManifest = 64 * 1024 * 1024;
    private const int BufferLength = 256 * 1024;

    private readonly string _path;
    private readonly CompressedReader _compressed;
    private readonly TarReader _tar;
    private ArchiveManifest? _manifest;

    private ArchiveReader(string path, FileStream file)
    {
        _path = path;
        Length = file.Length;
        End = ArchiveEnd.Look(file.SafeFileHandle);
        _compressed = CompressedReader.Open(file);
        _tar = new TarReader(_compressed.ReadAsync);
    }

    public ArchiveManifest Manifest => _manifest!;

    /// <summary>Size of the archive in bytes.</summary>
    public long Length { get; }

    /// <summary>What a look at the archive's end says.</summary>
    public EndMark End { get; }

    /// <summary>Bytes of the archive read so far.</summary>
    public long BytesRead => _compressed.BytesRead;

    /// <summary>Opens an archive and reads its manifest.</summary>
    /// <exception cref="BackupNotFoundException">There is no such file.</exception>
    /// <exception cref="DamageException">It is no archive, or a damaged one.</exception>
    /// <exception cref="RefusedException">It names files that no index has.</exception>
    public static async Task<ArchiveReader> OpenAsync(string path, CancellationToken cancellationToken)
    {
        var reader = Open(path);
        try
        {
            reader._manifest = await reader.ReadManifestAsync(cancellationToken).ConfigureAwait(false);
            return reader;
        }
        catch (Exception exception)
        {
            await reader.DisposeAsync().ConfigureAwait(false);
            if (exception is ArchiveFormatException)
                throw ArchiveFailure.Damaged(path, exception.Message, exception);
            throw;
        }
    }

    /// <summary>
    /// Reads everything after the manifest. Whoever takes a file compares its SHA-256; the rest is compared here. Returns once it is known that
    /// every member is there, exactly once, and nothing else.
    /// </summary>
    /// <param name="open">Says who takes a file; null when nobody does.</param>
    /// <param name="onRead">Told of bytes of content as they are read.</param>
    /// <param name="cancellationToken">Stops the call.</param>
    /// <exception cref="DamageException">The archive is damaged.</exception>
    public async Task ReadMembersAsync(Func<ArchivedFile, IContentSink?> open, Action<int>? onRead, CancellationToken cancellationToken)
    {
        var expected = Manifest.Members.ToDictionary(member => member.File.Path, StringComparer.Ordinal);
        try
        {
            while (await NextAsync(cancellationToken).ConfigureAwait(false) is { } member)
            {
                if (!expected.Remove(member.Name, out var archived))
                    throw Stray(member);
                if (member.Length != archived.File.Length)
                    throw new ArchiveFormatException($"has {member.Length} bytes of {member.Name}, and its manifest says {archived.File.Length}");
                var sink = open(archived) ?? Check(archived.File);
                await using (sink.ConfigureAwait(false))
                {
                    await CopyAsync(sink, onRead, cancellationToken).ConfigureAwait(false);
                }
            }

            if (expected.Keys.Order(StringComparer.Ordinal).FirstOrDefault() is { } missing)
                throw new ArchiveFormatException($"does not have {missing}, which its manifest says it holds");
        }
        catch (ArchiveFormatException exception)
        {
            throw ArchiveFailure.Damaged(_path, exception.Message, exception);
        }
    }

    /// <summary>Reads one small file, and nothing after it.</summary>
    /// <exception cref="DamageException">The archive does not have it, or is damaged.</exception>
    public async Task<byte[]> ReadMemberAsync(BackupFile file, CancellationToken cancellationToken)
    {
        try
        {
            while (await NextAsync(cancellationToken).ConfigureAwait(false) is { } member)
            {
                if (member.Name != file.Path)
                    continue;
                if (member.Length != file.Length || file.Length > LargestManifest)
                    throw new ArchiveFormatException($"has {member.Length} bytes of {member.Name}, and its manifest says {file.Length}");
                return await ReadContentAsync(cancellationToken).ConfigureAwait(false);
            }

            throw new ArchiveFormatException($"does not have {file.Path}, which its manifest says it holds");
        }
        catch (ArchiveFormatException exception)
        {
            throw ArchiveFailure.Damaged(_path, exception.Message, exception);
        }
    }

    public ValueTask DisposeAsync() => _compressed.DisposeAsync();

    private static ArchiveReader Open(string path)
    {
        FileStream file;
        try
        {
            file = new FileStream(SourceFile.OpenRead(RealPath.Resolve(path)), FileAccess.Read, bufferSize: 0);
        }
        catch (Exception exception) when (exception is FileNotFoundException or DirectoryNotFoundException)
        {
            throw ArchiveFailure.NotFound(path);
        }

        try
        {
            return new ArchiveReader(path, file);
        }
        catch (Exception exception)
        {
            file.Dispose();
            if (exception is ArchiveFormatException)
                throw ArchiveFailure.Damaged(path, exception.Message, exception);
            throw;
        }
    }

    private async Task<ArchiveManifest> ReadManifestAsync(CancellationToken cancellationToken)
    {
        var member = await NextAsync(cancellationToken).ConfigureAwait(false);
        if (member?.Name != ArchiveManifest.FileName)
            throw new ArchiveFormatException($"is no backup: its first file is {(member is null ? "missing" : $"'{member.Name}'")}, and must be {ArchiveManifest.FileName}");
        if (member.Length > LargestManifest)
            throw new ArchiveFormatException($"has a {ArchiveManifest.FileName} of {member.Length} bytes; up to {LargestManifest} are accepted");
        var manifest = ArchiveManifestReader.Read(await ReadContentAsync(cancellationToken).ConfigureAwait(false), _path);
        EnsureSafe(manifest);
        return manifest;
    }

    private async Task<byte[]> ReadContentAsync(CancellationToken cancellationToken)
    {
        using var content = new MemoryStream();
        var buffer = new byte[BufferLength];
        int read;
        while ((read = await _tar.ReadAsync(buffer, cancellationToken).ConfigureAwait(false)) > 0)
            content.Write(buffer, 0, read);
        return content.ToArray();
    }

    /// <summary>The next file. A directory is no news, as long as it is the one that everything is in.</summary>
    private async Task<TarMember?> NextAsync(CancellationToken cancellationToken)
    {
        while (await _tar.NextAsync(cancellationToken).ConfigureAwait(false) is { } member)
        {
            // tar c . writes every name so.
            var name = member.Name.StartsWith("./", StringComparison.Ordinal) ? member.Name[2..] : member.Name;
            if (member.Kind == TarMemberKind.Directory && name is "" or ".")
                continue;
            if (member.Kind != TarMemberKind.File)
                throw ArchiveFailure.Unsafe(_path, member.Name, $"is {(member.Kind == TarMemberKind.Directory ? "a directory" : member.Description)}, and no file of an index");
            return member with { Name = name };
        }

        return null;
    }

    private async Task CopyAsync(IContentSink sink, Action<int>? onRead, CancellationToken cancellationToken)
    {
        var buffer = new byte[BufferLength];
        int read;
        while ((read = await _tar.ReadAsync(buffer, cancellationToken).ConfigureAwait(false)) > 0)
        {
            await sink.AppendAsync(buffer.AsMemory(0, read), cancellationToken).ConfigureAwait(false);
            onRead?.Invoke(read);
        }

        await sink.CompleteAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Takes a file that nobody wants, to see whether it is whole.</summary>
    private static HashedSink Check(BackupFile file) =>
        new(null, file, () => new ArchiveFormatException($"has a {file.Path} whose SHA-256 is not the one in its manifest"));

    private Exception Stray(TarMember member)
    {
        if (SafeNames.FindProblem(member.Name, windows: true) is { } problem)
            return ArchiveFailure.Unsafe(_path, member.Name, problem);
        return new ArchiveFormatException(Manifest.Members.Any(archived => archived.File.Path == member.Name)
            ? $"has {member.Name} twice"
            : $"has {member.Name}, which its manifest does not say it holds");
    }

    /// <summary>An archive is made to be carried to other systems: a name must be safe on all of them.</summary>
    private void EnsureSafe(ArchiveManifest manifest)
    {
        var engine = IndexEngines.All.FirstOrDefault(engine => engine.Name == manifest.Backup.Engine);
        var seen = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        foreach (var archived in manifest.Files)
        {
            var path = archived.File.Path;
            var problem = SafeNames.FindProblem(path, windows: true)
                ?? (path == ArchiveManifest.FileName ? "is the manifest's own" : null)
                ?? (seen.Add(path.Normalize()) ? null : "is there twice, but for case or the way that its letters are composed")
                ?? (engine is null || IsIndexFile(engine, archived) ? null : $"is no file of a {engine.Name} index");
            if (problem is not null)
                throw ArchiveFailure.Unsafe(_path, path, problem);
        }
    }

    private static bool IsIndexFile(IndexEngine engine, ArchivedFile archived) => engine.Classify(archived.File.Path) switch
    {
        EngineFileRole.Commit or EngineFileRole.WriteOnce or EngineFileRole.Replaceable => !archived.Generated,
        EngineFileRole.Generated => archived.Generated,
        _ => false,
    };
}
