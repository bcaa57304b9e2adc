using System.Collections.Immutable;
using Segvault.IO;

namespace Segvault.Engines.Tantivy;

/// <summary>Looks at an index, changing and holding nothing: files are opened while there are handles for them, and otherwise one by one.</summary>
internal sealed class TantivyInspector(string directory, IProgress<OperationProgress>? progress, int? maxOpenFiles = null)
{
    private const string Phase = "check";
    private const int BufferLength = 1024 * 1024;

    public async ValueTask<IndexInspection> InspectAsync(bool readContent, CancellationToken cancellationToken)
    {
        var names = IndexDirectory.List(directory);
        if (TantivyRecognition.Recognise(directory, names, out var damage) == IndexPresence.Damaged)
            return InspectDamaged(names, damage!);

        var pin = new TantivyPin(directory, new PinOptions { MaxOpenFiles = maxOpenFiles }, Keeping.Names);
        var snapshot = await pin.PinAsync(cancellationToken).ConfigureAwait(false);
        await using var disposing = snapshot.ConfigureAwait(false);
        var problems = snapshot.Problems;
        if (readContent)
        {
            // Reading takes as long as the index is large, and a caller of this expects to get its thread back.
            problems = await Task.Run(() => CheckContent(snapshot, cancellationToken), cancellationToken).ConfigureAwait(false);
        }

        var (orphans, orphanBytes) = FindOrphans(snapshot.Names, name => snapshot.Commit.IsLive(name));
        return new IndexInspection
        {
            Directory = directory,
            Engine = TantivyEngine.EngineName,
            EngineVersions = snapshot.EngineVersions,
            FormatVersions = snapshot.FormatVersions,
            Segments = snapshot.Commit.Segments,
            Files = snapshot.Files.Length,
            Bytes = snapshot.Files.Sum(file => file.Length),
            OrphanFiles = orphans,
            OrphanBytes = orphanBytes,
            ForeignFiles = snapshot.ForeignFiles,
            WriterActive = IsWriterActive(),
            Problems = problems,
        };
    }

    private IndexInspection InspectDamaged(List<string> names, DamageException damage)
    {
        var (orphans, orphanBytes) = FindOrphans(names, _ => false);
        string problem = damage.Message;
        string path = Path.Combine(directory, TantivyFileName.Meta);
        if (problem.StartsWith(path, StringComparison.Ordinal))
            problem = problem[path.Length..].Trim(' ', '.');
        return new IndexInspection
        {
            Directory = directory,
            Engine = TantivyEngine.EngineName,
            Files = 0,
            Bytes = 0,
            OrphanFiles = orphans,
            OrphanBytes = orphanBytes,
            ForeignFiles = TantivyFileName.FindForeign(names),
            WriterActive = IsWriterActive(),
            Problems = [new IndexProblem(TantivyFileName.Meta, problem)],
        };
    }

    private (ImmutableArray<string> Names, long Bytes) FindOrphans(IEnumerable<string> names, Func<string, bool> isLive)
    {
        var orphans = ImmutableArray.CreateBuilder<string>();
        long bytes = 0;
        foreach (string name in names.Where(name => TantivyFileName.CanBeOrphan(name) && !isLive(name)).Order(StringComparer.Ordinal))
        {
            // On a live index some are gone by now.
            if (FileStatus.TryRead(Path.Combine(directory, name)) is not { } status)
                continue;
            orphans.Add(name);
            if (status.Kind == FileKind.Regular)
                bytes += status.Length;
        }

        return (orphans.ToImmutable(), bytes);
    }

    private bool? IsWriterActive()
    {
        try
        {
            var result = AdvisoryLock.TryAcquire(Path.Combine(directory, TantivyFileName.WriterLock), out var held);
            held?.Dispose();
            return result switch
            {
                AdvisoryLockResult.Busy => true,
                AdvisoryLockResult.Acquired or AdvisoryLockResult.Missing => false,
                _ => null,
            };
        }
        catch (IOException)
        {
            return null;
        }
    }

    private ImmutableArray<IndexProblem> CheckContent(TantivySnapshot snapshot, CancellationToken cancellationToken)
    {
        var problems = snapshot.Problems.ToDictionary(problem => problem.File, StringComparer.Ordinal);
        byte[] buffer = new byte[BufferLength];
        long total = snapshot.Files.Sum(file => file.Length);
        long done = 0;
        foreach (var file in snapshot.Files)
        {
            if (CheckContent(snapshot, file, buffer, read => progress?.Report(new OperationProgress(Phase, done + read, total)), cancellationToken) is { } problem)
                problems[file.Path] = new IndexProblem(file.Path, problem);
            done += file.Length;
            progress?.Report(new OperationProgress(Phase, done, total));
        }

        return [.. problems.Values.OrderBy(problem => problem.File, StringComparer.Ordinal)];
    }

    private string? CheckContent(TantivySnapshot snapshot, SnapshotFile file, byte[] buffer, Action<long> report, CancellationToken cancellationToken)
    {
        try
        {
            using var content = snapshot.OpenRead(file);
            var check = snapshot.Commit.CheckContent(file.Path, file.Length);
            long offset = 0;
            while (content.Read(offset, buffer) is > 0 and var read)
            {
                cancellationToken.ThrowIfCancellationRequested();
                check.Append(buffer.AsSpan(0, read));
                offset += read;
                report(offset);
            }

            return check.Complete();
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return IsStillCommitted(snapshot) ? "is missing" : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return $"could not be read: {e.Message}";
        }
    }

    /// <summary>False when a newer commit took the place of the one looked at, so that its files may go.</summary>
    private bool IsStillCommitted(TantivySnapshot snapshot) =>
        MetaContent.TryRead(directory) is { } meta && meta.Bytes.AsSpan().SequenceEqual(snapshot.Meta.Span);
}
