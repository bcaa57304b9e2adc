using System.Security.Cryptography;
using Segvault.Repositories;

namespace Segvault.Verify;

/// <summary>
/// A file's SHA-256, computed while packs go by. Its chunks come in their order whenever its packs are read in theirs; where they do not, the file
/// has to be read once more.
/// </summary>
internal sealed class FileHash(BackupManifest manifest, BackupFile file) : IDisposable
{
    // Made when the first byte comes: most files of a large repository are not under way at the same time.
    private IncrementalHash? _hash;
    private int _run;
    private int _chunksOfRun;

    public BackupManifest Manifest => manifest;

    public BackupFile File => file;

    /// <summary>The packs that the file's bytes are in, in their order.</summary>
    public IEnumerable<ObjectId> Packs => file.Runs.Where(run => run.Count > 0).Select(run => manifest.Packs[run.Pack].Id);

    /// <summary>True once every byte was taken in its order.</summary>
    public bool IsComplete
    {
        get
        {
            SkipEmptyRuns();
            return _run == file.Runs.Length;
        }
    }

    /// <summary>Takes a chunk of a pack if it is the next one of the file.</summary>
    public void Take(ObjectId pack, int chunk, ReadOnlySpan<byte> content)
    {
        SkipEmptyRuns();
        if (_run == file.Runs.Length)
            return;
        var run = file.Runs[_run];
        if (manifest.Packs[run.Pack].Id != pack || run.FirstChunk + _chunksOfRun != chunk)
            return;
        _hash ??= IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        _hash.AppendData(content);
        if (++_chunksOfRun == run.Count)
            (_run, _chunksOfRun) = (_run + 1, 0);
    }

    /// <summary>True when what was taken has the SHA-256 that the manifest records.</summary>
    public bool Matches() => Convert.ToHexStringLower(_hash?.GetHashAndReset() ?? SHA256.HashData([])) == file.Sha256;

    public void Dispose()
    {
        _hash?.Dispose();
        _hash = null;
    }

    private void SkipEmptyRuns()
    {
        while (_run < file.Runs.Length && file.Runs[_run].Count == 0)
            _run++;
    }
}
