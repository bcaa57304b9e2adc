namespace Segvault.Engines;

/// <summary>
/// What knows one kind of index: recognises it, pins a snapshot of it beside a live writer, says which files belong to it and checks them.
/// An engine reads an index's files itself and knows nothing of repositories.
/// </summary>
public abstract class IndexEngine
{
    /// <summary>The engine's name, in lowercase, as manifests record it.</summary>
    public abstract string Name { get; }

    /// <summary>Files that the engine locks. They are never read, copied or deleted, and both directories of an exchange share them.</summary>
    public abstract IReadOnlyList<string> LockFiles { get; }

    /// <summary>Says whether a directory holds an index of this engine, from its file names and its commit file.</summary>
    /// <exception cref="SegvaultException">The directory cannot be read.</exception>
    public abstract IndexPresence Recognise(string directory);

    /// <summary>Says what a file is from its name alone.</summary>
    public abstract EngineFileRole Classify(string fileName);

    /// <summary>Reads what the engine's commit file says. <paramref name="read"/> returns a file's bytes, or null when it is absent.</summary>
    /// <exception cref="DamageException">The commit file cannot be understood.</exception>
    public abstract IndexCommit ReadCommit(Func<string, byte[]?> read);

    /// <summary>
    /// Pins a snapshot: from when this returns until the snapshot is disposed, every file of one commit can be read, whatever the writer does.
    /// </summary>
    /// <exception cref="NotAnIndexException">The directory holds no index of this engine.</exception>
    /// <exception cref="DamageException">The commit file is damaged.</exception>
    /// <exception cref="SegvaultException">The directory cannot be read, or kept changing for longer than was allowed.</exception>
    public abstract ValueTask<PinnedSnapshot> PinAsync(string directory, PinOptions options, CancellationToken cancellationToken);

    /// <summary>Looks at an index without pinning or changing it.</summary>
    public abstract ValueTask<IndexInspection> InspectAsync(
        string directory, bool readContent, IProgress<OperationProgress>? progress, CancellationToken cancellationToken);

    /// <summary>
    /// Takes the lock that the engine's writer holds while it lives; null when a writer holds it. The lock file is created when it is
    /// absent, owned by the directory's owner so that the application can use it afterwards.
    /// </summary>
    public abstract IDisposable? TryLockWriter(string directory);

    /// <summary>
    /// Takes the lock that readers hold while they open the index, waiting up to <paramref name="wait"/>; null when that was not enough.
    /// Held only for moments: an application's commit waits for it.
    /// </summary>
    public abstract ValueTask<IDisposable?> TryLockReadersAsync(string directory, TimeSpan wait, CancellationToken cancellationToken);

    /// <summary>
    /// Makes the files that a restored index needs and a backup does not hold, from the names of the files restored.
    /// They are written before the commit file.
    /// </summary>
    public abstract IReadOnlyList<GeneratedFile> Generate(IReadOnlyCollection<string> files);

    /// <summary>
    /// Makes the commit of what is left of a partly lost backup, so that the engine opens it: without the segments of which a file is lost, for half a
    /// segment answers wrongly. Null when the engine cannot tell, for one because the commit file is lost: then files can be restored and no index.
    /// </summary>
    /// <param name="read">Returns a file's bytes, or null when it is lost.</param>
    /// <param name="present">The files of the backup that are whole.</param>
    /// <param name="lost">Those that are not.</param>
    /// <exception cref="DamageException">The commit file cannot be understood.</exception>
    public virtual SalvagedCommit? Salvage(Func<string, byte[]?> read, IReadOnlySet<string> present, IReadOnlySet<string> lost) => null;
}

/// <summary>Whether a directory holds an index.</summary>
public enum IndexPresence
{
    /// <summary>No file of this engine is there.</summary>
    None,

    /// <summary>Files of this engine are there, but no commit file that could be understood.</summary>
    Damaged,

    /// <summary>A commit file is there and can be understood.</summary>
    Present,
}

/// <summary>What a file in an index directory is, as far as its name tells.</summary>
public enum EngineFileRole
{
    /// <summary>Not the engine's.</summary>
    Foreign,

    /// <summary>The file whose replacement commits a new state. It is restored last.</summary>
    Commit,

    /// <summary>Index data that is never written to again once complete, and whose name is never used for other content.</summary>
    WriteOnce,

    /// <summary>Index data whose name can come back with other content.</summary>
    Replaceable,

    /// <summary>Made by the engine from the rest; made anew at restore.</summary>
    Generated,

    /// <summary>A lock file: never opened, copied or deleted.</summary>
    Lock,

    /// <summary>Unfinished work of the engine.</summary>
    Temporary,
}

/// <summary>A file that a restored index needs and that is made at restore.</summary>
/// <param name="Path">The path inside the index directory.</param>
/// <param name="Content">The content.</param>
/// <param name="Mode">Permissions on Unix systems.</param>
public sealed record GeneratedFile(string Path, ReadOnlyMemory<byte> Content, UnixFileMode Mode);
