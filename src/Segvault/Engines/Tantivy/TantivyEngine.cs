using Segvault.IO;

namespace Segvault.Engines.Tantivy;

/// <summary>Indexes of Tantivy 0.15 and later. Reads the files itself; Tantivy need not be installed.</summary>
public sealed class TantivyEngine : IndexEngine
{
    internal const string EngineName = "tantivy";

    /// <inheritdoc/>
    public override string Name => EngineName;

    /// <inheritdoc/>
    public override IReadOnlyList<string> LockFiles { get; } = [TantivyFileName.MetaLock, TantivyFileName.WriterLock];

    /// <inheritdoc/>
    public override IndexPresence Recognise(string directory) =>
        TantivyRecognition.Recognise(directory, IndexDirectory.List(directory), out _);

    /// <inheritdoc/>
    public override EngineFileRole Classify(string fileName) => TantivyFileName.Classify(fileName);

    /// <inheritdoc/>
    public override IndexCommit ReadCommit(Func<string, byte[]?> read)
    {
        ArgumentNullException.ThrowIfNull(read);
        byte[] content = read(TantivyFileName.Meta) ?? throw MetaFile.Damaged(TantivyFileName.Meta, "is missing");
        return new TantivyCommit(MetaFile.Parse(content, TantivyFileName.Meta));
    }

    /// <inheritdoc/>
    public override async ValueTask<PinnedSnapshot> PinAsync(string directory, PinOptions options, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(options);
        return await new TantivyPin(directory, options, Keeping.Links).PinAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>
    /// Looks at an index without pinning or changing it. A damaged <c>meta.json</c> is among what is found, and is not thrown.
    /// </summary>
    /// <exception cref="NotAnIndexException">The directory holds no index of Tantivy's.</exception>
    public override ValueTask<IndexInspection> InspectAsync(
        string directory, bool readContent, IProgress<OperationProgress>? progress, CancellationToken cancellationToken) =>
        new TantivyInspector(directory, progress).InspectAsync(readContent, cancellationToken);

    /// <inheritdoc/>
    public override IDisposable? TryLockWriter(string directory) =>
        LockFile.TryLock(Path.Combine(directory, TantivyFileName.WriterLock), out var held) == AdvisoryLockResult.Acquired ? held : null;

    /// <inheritdoc/>
    public override async ValueTask<IDisposable?> TryLockReadersAsync(string directory, TimeSpan wait, CancellationToken cancellationToken)
    {
        AdvisoryLock? held = null;
        await MetaLock.WaitAsync(
            () => LockFile.TryLock(Path.Combine(directory, TantivyFileName.MetaLock), out held), wait, TimeProvider.System, cancellationToken).ConfigureAwait(false);
        return held;
    }

    /// <inheritdoc/>
    public override IReadOnlyList<GeneratedFile> Generate(IReadOnlyCollection<string> files) => [ManagedFile.Generate(files)];

    /// <inheritdoc/>
    public override SalvagedCommit? Salvage(Func<string, byte[]?> read, IReadOnlySet<string> present, IReadOnlySet<string> lost)
    {
        ArgumentNullException.ThrowIfNull(read);
        ArgumentNullException.ThrowIfNull(present);
        ArgumentNullException.ThrowIfNull(lost);
        return read(TantivyFileName.Meta) is { } meta ? SalvagedMeta.Make(meta, present, lost) : null;
    }
}
