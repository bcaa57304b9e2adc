namespace Segvault.Engines.Tantivy;

/// <summary>Indexes of Tantivy 0.15 and later.</summary>
public sealed class TantivyEngine : IndexEngine
{
    /// <inheritdoc/>
    public override string Name => "tantivy";

    /// <inheritdoc/>
    public override IReadOnlyList<string> LockFiles { get; } = [".tantivy-meta.lock", ".tantivy-writer.lock"];

    /// <inheritdoc/>
    public override IndexPresence Recognise(string directory) => throw new NotSupportedException("stub");

    /// <inheritdoc/>
    public override EngineFileRole Classify(string fileName) => throw new NotSupportedException("stub");

    /// <inheritdoc/>
    public override IndexCommit ReadCommit(Func<string, byte[]?> read) => throw new NotSupportedException("stub");

    /// <inheritdoc/>
    public override ValueTask<PinnedSnapshot> PinAsync(string directory, PinOptions options, CancellationToken cancellationToken) => throw new NotSupportedException("stub");

    /// <inheritdoc/>
    public override ValueTask<IndexInspection> InspectAsync(
        string directory, bool readContent, IProgress<OperationProgress>? progress, CancellationToken cancellationToken) => throw new NotSupportedException("stub");

    /// <inheritdoc/>
    public override IDisposable? TryLockWriter(string directory) => throw new NotSupportedException("stub");

    /// <inheritdoc/>
    public override ValueTask<IDisposable?> TryLockReadersAsync(string directory, TimeSpan wait, CancellationToken cancellationToken) => throw new NotSupportedException("stub");

    /// <inheritdoc/>
    public override IReadOnlyList<GeneratedFile> Generate(IReadOnlyCollection<string> files) => throw new NotSupportedException("stub");
}
