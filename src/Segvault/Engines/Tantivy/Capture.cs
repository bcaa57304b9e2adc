using System.Collections.Immutable;
using Microsoft.Win32.SafeHandles;
using Segvault.IO;

namespace Segvault.Engines.Tantivy;

/// <summary>How the files of a commit are kept readable.</summary>
internal enum Keeping
{
    /// <summary>Opened, all of them: what is open survives being deleted.</summary>
    Handles,

    /// <summary>Linked into a hold directory, which costs no file handles.</summary>
    Links,

    /// <summary>Not at all: only looked at.</summary>
    Names,
}

/// <summary>One live file, kept or looked at.</summary>
internal sealed record CapturedFile(string Name, string Path, FileStatus Seen, Keeping Way)
{
    /// <summary>Null unless handles are kept.</summary>
    public SafeFileHandle? Handle { get; init; }
}

/// <summary>
/// One attempt to get hold of all files of the commit that some bytes of <c>meta.json</c> describe. Whether what was got is a consistent
/// state is for the protocol around it to say.
/// </summary>
internal sealed class Capture : IDisposable
{
    private readonly string _directory;
    private readonly List<CapturedFile> _files = [];
    private readonly List<IndexProblem> _problems = [];
    private Dictionary<string, CapturedFile> _earlier = [];

    private Capture(string directory, MetaContent meta, TantivyCommit commit, List<string> names)
    {
        _directory = directory;
        Meta = meta;
        Commit = commit;
        Names = names;
    }

    public MetaContent Meta { get; }

    public TantivyCommit Commit { get; }

    /// <summary>Every name in the directory.</summary>
    public IReadOnlyList<string> Names { get; }

    public IReadOnlyList<CapturedFile> Files => _files;

    /// <summary>Live names that are no regular files.</summary>
    public IReadOnlyList<IndexProblem> Problems => _problems;

    /// <summary>Files that the commit needs and that were not there.</summary>
    public ImmutableArray<string> Missing { get; private set; } = [];

    public HoldDirectory? Hold { get; private set; }

    /// <summary>
    /// Gets hold of the files, in the first way of <paramref name="ways"/> that works. Files that <paramref name="earlier"/> keeps already are
    /// taken over from it: a name that is never used for other content needs no second look.
    /// </summary>
    public static Capture Take(string directory, MetaContent meta, Func<int, IReadOnlyList<Keeping>> ways, Capture? earlier = null)
    {
        var commit = new TantivyCommit(meta.Parse(directory));
        var names = ListNames(directory);
        string[] live = [.. names.Where(name => name != TantivyFileName.Meta && commit.IsLive(name)).Order(StringComparer.Ordinal)];
        foreach (var way in ways(live.Length))
        {
            var capture = new Capture(directory, meta, commit, names);
            bool done = false;
            try
            {
                done = capture.TryKeep(live, way, earlier);
                if (done)
                    return capture;
            }
            catch (TooManyOpenFilesException)
            {
                // The next way may need fewer.
            }
            finally
            {
                if (!done)
                    capture.Dispose();
            }
        }

        throw new SegvaultException(ErrorCode.PinFailed,
            $"{directory} has {live.Length} files, more than this process may keep open, and no hard links to them can be made.",
            "Raise the limit of open files (ulimit -n) and try again.");
    }

    public void Dispose()
    {
        foreach (var file in _files.Concat(_earlier.Values))
            file.Handle?.Dispose();
        Hold?.Dispose();
        Hold = null;
    }

    private bool TryKeep(string[] live, Keeping way, Capture? earlier)
    {
        TakeOver(way, earlier);
        if (way == Keeping.Links)
        {
            Hold ??= HoldDirectory.TryCreate(_directory);
            if (Hold is null)
                return false;
        }

        foreach (string name in live)
        {
            if (!TryKeep(name, way))
                return false;
        }

        foreach (var unneeded in _earlier.Values)
            unneeded.Handle?.Dispose();
        _earlier.Clear();
        var present = _files.Select(file => file.Name).Concat(_problems.Select(problem => problem.File)).Append(TantivyFileName.Meta);
        Missing = Commit.FindMissing(present.ToHashSet(StringComparer.Ordinal));
        return true;
    }

    private void TakeOver(Keeping way, Capture? earlier)
    {
        if (earlier is null)
            return;
        _earlier = earlier._files
            .Where(file => file.Way == way && TantivyFileName.Classify(file.Name) == EngineFileRole.WriteOnce)
            .ToDictionary(file => file.Name, StringComparer.Ordinal);
        earlier._files.RemoveAll(file => _earlier.ContainsKey(file.Name));
        if (way != Keeping.Links)
            return;
        (Hold, earlier.Hold) = (earlier.Hold, null);
        foreach (var file in earlier._files)
            Hold?.Remove(file.Name);
    }

    /// <summary>False when this way is not possible here. A file that is gone is passed over.</summary>
    private bool TryKeep(string name, Keeping way)
    {
        if (_earlier.Remove(name, out var kept))
        {
            _files.Add(kept);
            return true;
        }

        string path = Path.Combine(_directory, name);
        try
        {
            if (FileStatus.TryRead(path) is not { } status)
                return true;
            if (status.Kind != FileKind.Regular)
            {
                _problems.Add(new IndexProblem(name, IndexDirectory.DescribeOddKind(status.Kind)));
                return true;
            }

            switch (way)
            {
                case Keeping.Handles:
                    _files.Add(new CapturedFile(name, path, status, way) { Handle = SourceFile.OpenRead(path) });
                    break;
                case Keeping.Links when !Hold!.TryAdd(_directory, name):
                    return false;
                case Keeping.Links:
                    _files.Add(new CapturedFile(name, Hold.PathOf(name), status, way));
                    break;
                default:
                    _files.Add(new CapturedFile(name, path, status, way));
                    break;
            }

            return true;
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return true;
        }
        catch (UnauthorizedAccessException e)
        {
            throw IndexDirectory.MayNotRead(path, e);
        }
        catch (IOException e) when (e is not TooManyOpenFilesException)
        {
            throw IndexDirectory.CannotRead(path, e);
        }
    }

    private static List<string> ListNames(string directory)
    {
        try
        {
            return IndexDirectory.List(directory);
        }
        catch (SegvaultException e) when (e.Code is ErrorCode.PathNotFound or ErrorCode.NotAnIndex)
        {
            throw IndexDirectory.Vanished(directory, e);
        }
    }
}
