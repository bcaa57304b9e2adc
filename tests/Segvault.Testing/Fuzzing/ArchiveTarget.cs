using System.IO.Compression;
using System.Text;

namespace Segvault.Testing.Fuzzing;

/// <summary>
/// Feeds bytes that claim to be an archive to everything that reads archives. Whatever they are, they are listed, verified and restored, or refused
/// with one of the errors for that, and nothing is written outside the target.
/// </summary>
internal sealed class ArchiveTarget : FuzzTarget
{
    public override string Name => "archives";

    public override int Mutants => 40;

    /// <summary>What may be allocated for any input, beyond a multiple of its plain length.</summary>
    private const long Allowance = 64L * 1024 * 1024;

    public override async Task RunAsync(byte[] input, CancellationToken cancellationToken)
    {
        using var directory = new TempDirectory();
        var archives = directory.CreateDirectory("archives");
        var archive = Path.Combine(archives, "backup_full_20260102_030405.tar.gz");
        await File.WriteAllBytesAsync(archive, input, cancellationToken);
        var before = GC.GetTotalAllocatedBytes();
        var manager = new BackupManager(ArchiveDirectory.Open(archives));
        await TryAsync(() => manager.ListBackupsAsync(cancellationToken: cancellationToken).ToListAsync(cancellationToken).AsTask());
        var report = await TryAsync(() => manager.VerifyBackupsAsync(new VerifyOptions { Level = VerifyLevel.Data, Archives = [archive] }, cancellationToken: cancellationToken));
        var target = directory.Combine("parent", "target");
        var restored = await TryAsync(() => manager.RestoreBackupAsync(archive, target, cancellationToken: cancellationToken));

        EnsureModest(before, input.Length, Allowance + (20 * PlainLength(input)));
        if (restored is null && Directory.Exists(directory.Combine("parent")))
            throw new InvalidOperationException("A refused archive wrote something.");
        if (restored is not null && report is not { Problems.IsEmpty: true })
            throw new InvalidOperationException($"What was restored does not verify: {report?.Problems.FirstOrDefault()?.Problem}");
        if (Directory.GetFileSystemEntries(directory.Path).Any(path => Path.GetFileName(path) is not ("archives" or "parent")))
            throw new InvalidOperationException("Something was written elsewhere.");
    }

    public override async Task<IReadOnlyList<FuzzSeed>> MakeSeedsAsync()
    {
        var seeds = new List<FuzzSeed>();
        foreach (var format in Enum.GetValues<ArchiveFormat>())
        {
            using var bench = new ArchiveBench(new ArchiveOptions { Format = format }, segments: 1, bytesPerFile: 160);
            var full = await bench.BackUpAsync(BackupType.Full, CancellationToken.None);
            bench.Index.AddSegment(3);
            bench.Index.AddDelete(bench.Index.Segments[0], 2);
            bench.Index.WriteMeta();
            var incremental = await bench.BackUpAsync(BackupType.Incremental, CancellationToken.None);
            foreach (var (backup, name) in new[] { (full, "full"), (incremental, "incremental") })
                seeds.Add(new FuzzSeed($"{name}.{(format == ArchiveFormat.TarGz ? "tar.gz" : "tar.zst")}", await File.ReadAllBytesAsync(backup.Backup.Archive!)));
        }

        return seeds;
    }

    /// <summary>
    /// A mutant of an archive: of its compressed bytes, of the tar in it, of the tar with checksums of headers put right, or of the text of its manifest. Gzip's
    /// own checksum would otherwise catch nearly all before they get anywhere.
    /// </summary>
    public override byte[] Mutate(byte[] seed, Random random)
    {
        if (random.Next(4) == 0 || seed is not [0x1F, 0x8B, ..])
            return ByteMutation.Change(seed, random, 0, seed.Length);
        byte[] tar;
        try
        {
            tar = Decompress(seed);
        }
        catch (InvalidDataException)
        {
            return ByteMutation.Change(seed, random, 0, seed.Length);
        }

        if (tar.Length < 1024)
            return ByteMutation.Change(seed, random, 0, seed.Length);
        var blocks = tar.Length / 512;
        var mutant = random.Next(3) switch
        {
            0 => ByteMutation.Change(tar, random, 0, tar.Length),
            1 => WithHeaders(ByteMutation.Change(tar, random, random.Next(blocks) * 512, 512)),
            _ => ByteMutation.Change(tar, random, 512, Math.Min(tar.Length - 512, 4096)),
        };
        return Compress(mutant);
    }

    private static async Task<T?> TryAsync<T>(Func<Task<T>> call)
        where T : class
    {
        try
        {
            return await call();
        }
        catch (SegvaultException exception) when (exception is DamageException or RefusedException or UnsupportedFormatException or BackupNotFoundException)
        {
            return null;
        }
    }

    private static byte[] WithHeaders(byte[] tar)
    {
        for (var at = 0; at + 512 <= tar.Length; at += 512)
        {
            var header = tar.AsSpan(at, 512);
            if (!header.Slice(257, 5).SequenceEqual("ustar"u8))
                continue;
            header.Slice(148, 8).Fill((byte)' ');
            var sum = 0;
            foreach (var value in header)
                sum += value;
            Encoding.ASCII.GetBytes(Convert.ToString(sum, 8).PadLeft(6, '0') + "\0 ").CopyTo(header[148..]);
        }

        return tar;
    }

    private static long PlainLength(byte[] input)
    {
        try
        {
            return input is [0x1F, 0x8B, ..] ? Decompress(input).Length : input.Length;
        }
        catch (InvalidDataException)
        {
            return input.Length;
        }
    }

    private static byte[] Decompress(byte[] gzip)
    {
        using var plain = new MemoryStream();
        using var stream = new GZipStream(new MemoryStream(gzip), CompressionMode.Decompress);
        stream.CopyTo(plain);
        return plain.ToArray();
    }

    private static byte[] Compress(byte[] plain)
    {
        using var gzip = new MemoryStream();
        using (var stream = new GZipStream(gzip, CompressionLevel.Fastest))
            stream.Write(plain);
        return gzip.ToArray();
    }
}
