using Segvault.Content;
using Segvault.Engines;
using Segvault.IO;
using Segvault.Repositories;

namespace Segvault.Archives;

/// <summary>Writes a backup of a repository into one archive that needs nothing else.</summary>
internal sealed class ExportRunner(RepositoryObjects repository, ArchiveOptions options, TimeProvider timeProvider, IProgress<OperationProgress>? progress)
{
    private long _done;

    public async Task<ExportResult> RunAsync(BackupSummary backup, BackupManifest manifest, string file, CancellationToken cancellationToken)
    {
        var started = timeProvider.GetTimestamp();
        var path = Path.GetFullPath(file);
        var directory = Path.GetDirectoryName(path) ?? throw new ArgumentException($"'{file}' is no file name.", nameof(file));
        var archived = Describe(manifest, out var generated);
        ArchiveWriter.RemoveLeftovers(directory);
        EnsureAbsent(path);
        var writer = ArchiveWriter.Create(directory, options.Format, options.Level);
        await using (writer.ConfigureAwait(false))
        {
            await writer.WriteManifestAsync(ArchiveManifestWriter.ToBytes(archived), manifest.CreatedAt, cancellationToken).ConfigureAwait(false);
            var content = new PackedContent(repository, manifest);
            await using (content.ConfigureAwait(false))
            {
                foreach (var member in InOrder(archived))
                    await CopyAsync(content, writer, manifest, member, cancellationToken).ConfigureAwait(false);
            }

            foreach (var (made, bytes) in generated)
                await writer.WriteAsync(made, bytes, cancellationToken).ConfigureAwait(false);
            var published = await writer.PublishAsync(attempt => attempt == 1 ? Path.GetFileName(path) : null, cancellationToken).ConfigureAwait(false)
                ?? throw Exists(path);
            return new ExportResult
            {
                Backup = backup,
                Archive = published.Path,
                Files = manifest.Files.Length,
                Bytes = manifest.TotalSize,
                BytesStored = published.Length,
                Elapsed = timeProvider.GetElapsedTime(started),
            };
        }
    }

    /// <summary>The manifest of an archive that holds everything itself, whatever kind of backup it was in the repository.</summary>
    private static ArchiveManifest Describe(BackupManifest manifest, out IReadOnlyList<(BackupFile File, ReadOnlyMemory<byte> Content)> generated)
    {
        var engine = IndexEngines.All.FirstOrDefault(engine => engine.Name == manifest.Engine)
            ?? throw new UnsupportedFormatException($"Backup {manifest.Id.ToShortString()} is of an index of {manifest.Engine}, which this version does not know.");
        generated = GeneratedFiles.Of(manifest, engine);
        return new ArchiveManifest
        {
            Backup = manifest with { Type = BackupType.Full, Base = null },
            Files =
            [
                .. manifest.Files.Select(file => new ArchivedFile(file, null))
                    .Concat(generated.Select(file => new ArchivedFile(file.File, null, Generated: true)))
                    .OrderBy(file => file.File.Path, StringComparer.Ordinal),
            ],
            References = [],
        };
    }

    /// <summary>The commit file comes right after the manifest: who reads the archive needs it first.</summary>
    private static IEnumerable<BackupFile> InOrder(ArchiveManifest manifest)
    {
        var engine = IndexEngines.Get(manifest.Backup.Engine);
        return manifest.Backup.Files.OrderBy(file => engine.Classify(file.Path) == EngineFileRole.Commit ? 0 : 1).ThenBy(file => file.Path, StringComparer.Ordinal);
    }

    private async Task CopyAsync(PackedContent content, ArchiveWriter writer, BackupManifest manifest, BackupFile file, CancellationToken cancellationToken)
    {
        var member = await writer.BeginAsync(file, cancellationToken).ConfigureAwait(false);
        await content.ReadAsync(
            [file],
            _ => new HashedSink(
                member,
                file,
                () => content.Damaged(file, $"{file.Path} of backup {manifest.Id.ToShortString()} does not have the SHA-256 that the manifest records."),
                read => progress?.Report(new OperationProgress("read", _done += read, manifest.TotalSize))),
            cancellationToken).ConfigureAwait(false);
    }

    private static void EnsureAbsent(string path)
    {
        if (FileStatus.TryRead(path) is not null)
            throw Exists(path);
    }

    private static RefusedException Exists(string path) =>
        new(ErrorCode.TargetExists, $"{path} exists already.", "Choose another name: an archive never replaces anything.");
}
