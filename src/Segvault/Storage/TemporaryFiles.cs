using System.Security.Cryptography;
using Segvault.IO;

namespace Segvault.Storage;

/// <summary>
/// The directory of unfinished uploads, and what else is in it: room held in reserve. A disk that is full to its last byte could not even record
/// that something is to be deleted; then one piece of the reserve after another is given up.
/// </summary>
internal sealed class TemporaryFiles(string directory)
{
    /// <summary>Enough for an entry of the log that names 4,096 objects, and the directories that it may need.</summary>
    public const int PieceLength = 256 * 1024;

    public const string ReservePrefix = "reserve-";

    private const int Pieces = 4;

    /// <summary>Only a disk with this much room left has anything taken into reserve: the reserve must not be what fills it.</summary>
    private const long Plenty = 32L * PieceLength;

    public bool GiveUpReserve()
    {
        foreach (var piece in Enumerable.Range(0, Pieces).Select(PathOf))
        {
            try
            {
                if (!File.Exists(piece))
                    continue;
                File.Delete(piece);
                return true;
            }
            catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
            {
                // Then the next one.
            }
        }

        return false;
    }

    public void RenewReserve(long available)
    {
        foreach (var piece in Enumerable.Range(0, Pieces).Select(PathOf).Where(piece => !File.Exists(piece)))
        {
            if (available < Plenty || !TryWrite(piece))
                return;
            available -= PieceLength;
        }
    }

    public long CountStale(DateTimeOffset before) => Stale(before).Sum(file => file.Length);

    public long RemoveStale(DateTimeOffset before)
    {
        var freed = 0L;
        foreach (var (file, length) in Stale(before))
        {
            try
            {
                File.Delete(file);
                freed += length;
            }
            catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
            {
                // It stays until somebody may delete it; nothing depends on it.
            }
        }

        return freed;
    }

    private List<(string File, long Length)> Stale(DateTimeOffset before)
    {
        var stale = new List<(string File, long Length)>();
        try
        {
            foreach (var file in Directory.EnumerateFiles(directory))
            {
                if (!Path.GetFileName(file).StartsWith(ReservePrefix, StringComparison.Ordinal)
                    && FileStatus.TryRead(file) is { Kind: FileKind.Regular } status
                    && File.GetLastWriteTimeUtc(file) < before.UtcDateTime)
                    stale.Add((file, status.Length));
            }
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // What cannot be looked at stays.
        }

        return stale;
    }

    private string PathOf(int piece) => Path.Combine(directory, $"{ReservePrefix}{piece}");

    /// <summary>Bytes that no file system shrinks to less; under a name of its own until they are there, for several clients may do so at once.</summary>
    private bool TryWrite(string piece)
    {
        var unfinished = Path.Combine(directory, $"{Guid.NewGuid():n}");
        try
        {
            using (var file = File.OpenHandle(unfinished, FileMode.CreateNew, FileAccess.Write, FileShare.Read | FileShare.Delete))
            {
                if (!OperatingSystem.IsWindows())
                    File.SetUnixFileMode(file, UnixFileMode.UserRead | UnixFileMode.UserWrite);
                RandomAccess.Write(file, RandomNumberGenerator.GetBytes(PieceLength), 0);
                Durable.Sync(file, unfinished);
            }

            if (!AtomicRename.TryMoveIfAbsent(unfinished, piece))
                File.Delete(unfinished);
            return true;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            Discard(unfinished);
            return false;
        }
    }

    private static void Discard(string file)
    {
        try
        {
            File.Delete(file);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // Stale one day, and then removed.
        }
    }
}
