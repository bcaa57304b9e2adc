using System.Security.Cryptography;
using Segvault.IO;

namespace Segvault.Archives;

/// <summary>An index some of whose files may be those that a lost archive held: told by length and SHA-256, under whatever name.</summary>
internal sealed class ReusableIndex
{
    private const int BufferLength = 512 * 1024;

    private readonly ILookup<long, string> _byLength;

    /// <exception cref="SegvaultException">There is no such directory.</exception>
    public ReusableIndex(string directory)
    {
        if (!Directory.Exists(directory))
            throw new SegvaultException(ErrorCode.PathNotFound, $"{directory} does not exist.", "Name the directory of an index that still has the missing files.");

        // Names and lengths alone: a lock file must not be opened.
        _byLength = new DirectoryInfo(directory).EnumerateFiles()
            .Where(file => !file.Name.StartsWith('.') && file.Exists)
            .OrderBy(file => file.Name, StringComparer.Ordinal)
            .ToLookup(file => file.Length, file => file.FullName);
    }

    /// <summary>Where the content of a file is; null when it is nowhere.</summary>
    public async Task<string?> FindAsync(BackupFile file, CancellationToken cancellationToken)
    {
        foreach (var candidate in _byLength[file.Length].OrderByDescending(path => Path.GetFileName(path) == file.Path))
        {
            try
            {
                using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
                await ReadAsync(
                    candidate,
                    bytes =>
                    {
                        hash.AppendData(bytes.Span);
                        return ValueTask.CompletedTask;
                    },
                    cancellationToken).ConfigureAwait(false);
                if (Convert.ToHexStringLower(hash.GetHashAndReset()) == file.Sha256)
                    return candidate;
            }
            catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
            {
                // Not this one, then.
            }
        }

        return null;
    }

    public static async Task ReadAsync(string path, Func<ReadOnlyMemory<byte>, ValueTask> receive, CancellationToken cancellationToken)
    {
        using var file = SourceFile.OpenRead(path);
        var buffer = new byte[BufferLength];
        long offset = 0;
        int read;
        while ((read = RandomAccess.Read(file, buffer, offset)) > 0)
        {
            cancellationToken.ThrowIfCancellationRequested();
            await receive(buffer.AsMemory(0, read)).ConfigureAwait(false);
            offset += read;
        }
    }
}
