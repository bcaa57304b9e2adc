using System.Buffers.Binary;
using Segvault.Repositories;
using Segvault.Testing;
using Segvault.Testing.Stores;

namespace Segvault.Tests.Repositories;

/// <summary>A part of a stored object, all of one kind.</summary>
/// <param name="Name">The object.</param>
/// <param name="Start">Its first byte.</param>
/// <param name="End">The byte after its last one.</param>
internal readonly record struct StoredRegion(string Name, int Start, int End);

/// <summary>A repository in memory with backups before, between and after two checkpoints, to be damaged in copies.</summary>
internal sealed class DamageWorld : IDisposable
{
    private readonly TempDirectory _directory;

    private DamageWorld(TempDirectory directory, MemoryObjectStore memory) => (_directory, Memory) = (directory, memory);

    public static string[] Kinds { get; } = ["descriptor", "pack data", "pack table", "pack trailer", "manifest", "log entry", "checkpoint"];

    public MemoryObjectStore Memory { get; }

    /// <summary>What every backup restores to.</summary>
    public required IReadOnlyDictionary<BackupId, DirectoryContent> Expected { get; init; }

    public static async Task<DamageWorld> CreateAsync()
    {
        var directory = new TempDirectory();
        await using var bench = await RepositoryBench.CreateAsync();
        var expected = new Dictionary<BackupId, DirectoryContent>();
        var index = TantivyFiles.Create(directory.Combine("index"), segments: 2, bytesPerFile: 300);
        for (int backup = 0; backup < 3; backup++)
        {
            expected.Add((await bench.BackUpAsync(index.Directory)).Backup.Id, DirectoryContent.Of(index));
            index.Change();
            while (backup < 2 && bench.Memory.NamesOf(CheckpointStore.Prefix).Count <= backup)
                await bench.AppendAsync(LogKind.Nop);
        }

        return new DamageWorld(directory, bench.Memory.Copy()) { Expected = expected };
    }

    public string Combine(string name) => _directory.Combine(name);

    public void Dispose() => _directory.Dispose();

    /// <summary>Every part of the store that is of this kind.</summary>
    public IReadOnlyList<StoredRegion> RegionsOf(string kind) => kind switch
    {
        "descriptor" => [Whole(RepositoryDescriptor.ObjectName)],
        "manifest" => [.. Memory.NamesOf(ManifestStore.Prefix).Select(Whole)],
        "log entry" => [.. Memory.NamesOf(LogReader.Prefix).Select(Whole)],
        "checkpoint" => [.. Memory.NamesOf(CheckpointStore.Prefix).Select(Whole)],
        _ => [.. Memory.NamesOf(PackFormat.Prefix).Select(name => PartOf(name, kind))],
    };

    private StoredRegion Whole(string name) => new(name, 0, Memory.Objects[name].Length);

    private StoredRegion PartOf(string name, string kind)
    {
        const int Trailer = 64;
        byte[] pack = Memory.Objects[name];
        int trailer = pack.Length - Trailer;
        int table = (int)BinaryPrimitives.ReadInt64LittleEndian(pack.AsSpan(trailer + 8));
        return kind switch
        {
            "pack data" => new(name, 0, table),
            "pack table" => new(name, table, trailer),
            "pack trailer" => new(name, trailer, pack.Length),
            _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, "There is no such kind."),
        };
    }
}
