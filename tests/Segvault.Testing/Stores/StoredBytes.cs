using Segvault.Repositories;

namespace Segvault.Testing.Stores;

/// <summary>Harms the stored bytes of single files of a backup.</summary>
internal static class StoredBytes
{
    /// <summary>Flips a bit in the first chunk of a file, and of every file that shares it.</summary>
    public static async Task FlipAsync(this RepositoryBench bench, BackupManifest manifest, string path)
    {
        var run = manifest.Files.First(file => file.Path == path).Runs[0];
        var pack = manifest.Packs[run.Pack];
        var reader = await PackReader.OpenUnreferencedAsync(bench.Memory, bench.Repository.Objects.Id, pack.Id, pack.Length, CancellationToken.None);
        bench.Memory.Objects[PackFormat.NameOf(pack.Id)][(int)reader.Chunks[run.FirstChunk].Offset + 3] ^= 1;
    }

    /// <summary>The pack that holds a file.</summary>
    public static string PackOf(this BackupManifest manifest, string path) =>
        PackFormat.NameOf(manifest.Packs[manifest.Files.First(file => file.Path == path).Runs[0].Pack].Id);
}
