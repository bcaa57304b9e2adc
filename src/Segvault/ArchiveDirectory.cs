using System.Collections.Immutable;
using Segvault.Archives.Compression;
using Segvault.IO;

namespace Segvault;

/// <summary>How archives are made, and where those that others rest on may be.</summary>
public sealed record ArchiveOptions
{
    /// <summary>How new archives are compressed; gzip by default, which everything can open.</summary>
    public ArchiveFormat Format { get; init; } = ArchiveFormat.TarGz;

    /// <summary>How hard new archives are compressed: 0 to 9 with gzip, 1 to 19 with zstd. Null, the default, means a good balance.</summary>
    public int? Level { get; init; }

    /// <summary>Other directories in which archives that incremental ones need may be.</summary>
    public ImmutableArray<string> BaseDirectories { get; init; } = [];
}

/// <summary>
/// A directory of archives: each one compressed tar file that holds a full or incremental backup, with a manifest as its first file, to be copied, kept
/// offline, and opened with nothing but <c>tar</c>. Give it to a <see cref="BackupManager"/>.
/// </summary>
public sealed class ArchiveDirectory
{
    private ArchiveDirectory(string path, ArchiveOptions options)
    {
        Path = path;
        Options = options;
    }

    /// <summary>The directory, absolute.</summary>
    public string Path { get; }

    /// <summary>How archives are made, and where their bases may be.</summary>
    public ArchiveOptions Options { get; }

    /// <summary>Opens a directory of archives, which is created when it is absent.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The compression has no such level.</exception>
    /// <exception cref="IOException">The directory cannot be created.</exception>
    public static ArchiveDirectory Open(string path, ArchiveOptions? options = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        options ??= new ArchiveOptions();
        var (lowest, highest) = CompressionLevels.Range(options.Format);
        if (options.Level is { } level && (level < lowest || level > highest))
            throw new ArgumentOutOfRangeException(nameof(options), level, $"The level is from {lowest} to {highest}.");
        var full = System.IO.Path.TrimEndingDirectorySeparator(System.IO.Path.GetFullPath(path));
        Directory.CreateDirectory(full);
        return new ArchiveDirectory(full, options);
    }

    /// <summary>Refuses a directory of archives that is, or lies in, an index directory: a restore would move the archives under its own feet.</summary>
    /// <param name="path">The directory of archives.</param>
    /// <param name="index">The index directory by its real path.</param>
    /// <param name="what">What that is, such as "The target /srv/index".</param>
    /// <param name="hint">What to do instead.</param>
    /// <exception cref="RefusedException">It does.</exception>
    internal static void EnsureNotInside(string path, string index, string what, string hint)
    {
        var archives = RealPath.Resolve(path);
        if (RealPath.Overlap(archives, index) && archives.Length >= index.Length)
            throw new RefusedException(ErrorCode.PathsOverlap, $"{what} contains the directory of archives {path}.", hint);
    }
}
