using Segvault.Engines;
using Segvault.IO;

namespace Segvault.Backup;

/// <summary>Reads the files of a snapshot from their beginning to their end, each as long as it was when it was pinned.</summary>
internal sealed class SourceReader(PinnedSnapshot snapshot, Pace? pace = null)
{
    private readonly byte[] _buffer = new byte[256 * 1024];

    /// <summary>Reads a file to see what its bytes say of it.</summary>
    /// <exception cref="SegvaultException">The file is not as long as it was.</exception>
    public ContentVerdict Check(SnapshotFile file, Action<int> onRead, CancellationToken cancellationToken)
    {
        using var content = snapshot.OpenRead(file);
        using var check = new CheckedContent(snapshot.Commit.CheckContent(file.Path, file.Length));
        var ahead = default(ReadAhead);
        int read;
        while ((read = Read(content, check.Length, ref ahead)) > 0)
        {
            cancellationToken.ThrowIfCancellationRequested();
            check.Append(_buffer.AsSpan(0, read));
            onRead(read);
            pace?.AfterAsync(read, cancellationToken).GetAwaiter().GetResult();
        }

        SourceFileChecks.EnsureLength(snapshot, file, check.Length);
        return check.Complete();
    }

    /// <summary>Reads a file for somebody else.</summary>
    /// <exception cref="SegvaultException">The file is not as long as it was.</exception>
    public async Task ReadAsync(SnapshotFile file, Func<ReadOnlyMemory<byte>, ValueTask> receive, CancellationToken cancellationToken)
    {
        using var content = snapshot.OpenRead(file);
        var ahead = default(ReadAhead);
        var length = 0L;
        int read;
        while ((read = Read(content, length, ref ahead)) > 0)
        {
            cancellationToken.ThrowIfCancellationRequested();
            await receive(_buffer.AsMemory(0, read)).ConfigureAwait(false);
            length += read;
            if (pace is not null)
                await pace.AfterAsync(read, cancellationToken).ConfigureAwait(false);
        }

        SourceFileChecks.EnsureLength(snapshot, file, length);
    }

    private int Read(SnapshotContent content, long offset, ref ReadAhead ahead)
    {
        ahead.Reading(content.File, offset);
        return content.Read(offset, _buffer);
    }
}
