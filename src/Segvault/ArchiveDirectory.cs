using System.Collections.Immutable;
using Segvault.Archives;
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

    /// <summary>The levels that a format has, the lowest and the highest.</summary>
    public static (int Lowest, int Highest) LevelsOf(ArchiveFormat format) => CompressionLevels.Range(format);

    /// <summary>The format that the end of a file's name asks for; null when it asks for none.</summary>
    public static ArchiveFormat? FormatOf(string fileName) => ArchiveName.FormatOf(fileName);

    /// <exception cref="ArgumentOutOfRangeException">The compression has no such level.</exception>
    internal static void EnsureLevel(ArchiveOptions options)
    {
        var (lowest, highest) = LevelsOf(options.Format);
        if (options.Level < lowest || options.Level > highest)
            throw new ArgumentOutOfRangeException(nameof(options), options.Level, $"The level is from {lowest} to {highest}.");
    }
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
    /// <param name="path">The directory.</param>
    /// <param name="options">How archives are made, and where their bases may be.</param>
    /// <param name="create">False puts off creating the directory until the first archive is made in it.</param>
    /// <exception cref="ArgumentOutOfRangeException">The compression has no such level.</exception>
    /// <exception cref="SegvaultException">The path leads to a file.</exception>
    /// <exception cref="IOException">The directory cannot be created.</exception>
    public static ArchiveDirectory Open(string path, ArchiveOptions? options = null, bool create = true)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        options ??= new ArchiveOptions();
        ArchiveOptions.EnsureLevel(options);
        var full = System.IO.Path.TrimEndingDirectorySeparator(System.IO.Path.GetFullPath(path));
        if (RealPath.FindFileOn(full) is { } file)
            throw new SegvaultException(ErrorCode.PathNotFound, $"{file} is a file, not a directory of archives.", "Name a directory.");
        if (create)
            NewDirectories.Create(full);
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
