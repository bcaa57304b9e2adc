using Segvault.Repositories;

namespace Segvault.Testing.Stores;

/// <summary>A backup as the log records it, for tests that say with <c>with</c> what matters to them.</summary>
internal static class SampleBackup
{
    public static AddBody Of(string id) => new()
    {
        Backup = id,
        Manifest = ManifestStore.Prefix + id,
        ManifestSha256 = new string('a', 64),
        ManifestLength = 1000,
        Type = BackupType.Full,
        PinnedAt = DateTimeOffset.UnixEpoch,
        Name = "index",
        Host = "host",
        Path = "/srv/index",
        Engine = "tantivy",
        Documents = 10,
        Segments = 2,
        Files = 13,
        Bytes = 5000,
        BytesStored = 4000,
    };
}
