using Segvault.Backup;
using Segvault.Engines;

namespace Segvault.Archives;

/// <summary>Puts together the manifest of an archive that is about to be written.</summary>
internal sealed class ArchiveManifestBuilder(PinnedBackup pinned, ArchiveDecision decision, BackupOptions options, TimeProvider timeProvider)
{
    /// <param name="generated">The files that the engine would make anew, with their content.</param>
    public ArchiveManifest Build(out IReadOnlyList<(BackupFile File, ReadOnlyMemory<byte> Content)> generated)
    {
        var files = decision.Files.Select(file => (Archived: Describe(file), file.Archive)).ToList();
        var backup = ManifestFrame.Of(
            pinned, options, decision.Type, [.. files.Select(file => file.Archived)], decision.Damaged.Count > 0, timeProvider) with
        {
            Base = decision.Base?.Manifest.Backup.Id,
        };
        generated = GeneratedFiles.Of(backup, IndexEngines.Get(backup.Engine));
        return new ArchiveManifest
        {
            Backup = backup,
            Files =
            [
                .. files.Select(file => new ArchivedFile(file.Archived, file.Archive))
                    .Concat(generated.Select(file => new ArchivedFile(file.File, null, Generated: true)))
                    .OrderBy(file => file.File.Path, StringComparer.Ordinal),
            ],
            References = [.. decision.Needs.Select(Refer)],
            BaseArchive = decision.Base?.Name,
        };
    }

    private BackupFile Describe(CheckedFile file) => ManifestFrame.Describe(file.Source) with
    {
        Sha256 = file.Sha256,
        Damaged = decision.Damaged.ContainsKey(file.Source.Path),
    };

    /// <summary>The base itself, or one that the base refers to.</summary>
    private ArchiveReference Refer(string name) => decision.Base is { } rest && rest.Name == name
        ? new ArchiveReference(name, rest.Length, rest.Manifest.Sha256)
        : decision.Base!.Manifest.References.First(reference => reference.Name == name);
}
