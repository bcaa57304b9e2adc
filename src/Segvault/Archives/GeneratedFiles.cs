using System.Security.Cryptography;
using Segvault.Engines;

namespace Segvault.Archives;

/// <summary>The files that an engine makes from the rest. An archive holds them too, so that it is a working index when plain tar has opened it.</summary>
internal static class GeneratedFiles
{
    public static IReadOnlyList<(BackupFile File, ReadOnlyMemory<byte> Content)> Of(BackupManifest backup, IndexEngine engine)
    {
        var commit = backup.Files.FirstOrDefault(file => engine.Classify(file.Path) == EngineFileRole.Commit);
        return
        [
            .. engine.Generate([.. backup.Files.Select(file => file.Path)]).Select(generated => (
                new BackupFile
                {
                    Path = generated.Path,
                    Length = generated.Content.Length,
                    ModifiedAt = commit?.ModifiedAt ?? backup.PinnedAt,
                    Mode = commit?.Mode is null ? null : generated.Mode,
                    Owner = commit?.Owner,
                    Sha256 = Convert.ToHexStringLower(SHA256.HashData(generated.Content.Span)),
                },
                generated.Content)),
        ];
    }
}
