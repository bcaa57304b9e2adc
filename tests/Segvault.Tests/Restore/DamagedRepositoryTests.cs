using Segvault.Testing;
using Xunit;

namespace Segvault.Tests.Restore;

public sealed class DamagedRepositoryTests : IAsyncLifetime
{
    private RestoreBench _bench = null!;
    private BackupId _backup;
    private SortedDictionary<string, string> _wanted = null!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _bench = await RestoreBench.CreateAsync(Token, segments: 1, bytesPerFile: 150);
        _bench.Index.AddDelete(_bench.Index.Segments[0], 3);
        _bench.Index.WriteMeta();
        _backup = await _bench.BackUpAsync(Token);
        _wanted = DirectoryPicture.Contents(_bench.Index.Directory);
        Directory.Delete(_bench.Index.Directory, recursive: true);
    }

    public ValueTask DisposeAsync() => _bench.DisposeAsync();

    [Fact]
    public async Task A_flipped_bit_anywhere_in_a_pack_is_found_or_does_not_matter()
    {
        var random = new Random(7);
        var found = 0;
        foreach (var pack in Packs())
        {
            var bytes = File.ReadAllBytes(pack);
            for (var position = random.Next(5); position < bytes.Length; position += position < 64 ? 1 : random.Next(3, 12))
            {
                var broken = (byte[])bytes.Clone();
                broken[position] ^= (byte)(1 << random.Next(8));
                File.WriteAllBytes(pack, broken);
                found += await EnsureFoundOrHarmlessAsync(pack) ? 1 : 0;
            }

            File.WriteAllBytes(pack, bytes);
        }

        Assert.True(found > 100, $"{found} found");
        Assert.False(await EnsureFoundOrHarmlessAsync(""));
    }

    [Fact]
    public async Task A_pack_that_is_cut_or_grown_or_gone_or_another_one_is_named()
    {
        foreach (var pack in Packs())
        {
            var bytes = File.ReadAllBytes(pack);
            byte[]?[] damages = [null, [], bytes[..1], bytes[..^1], bytes[..(bytes.Length / 2)], [.. bytes, 0], new byte[bytes.Length], File.ReadAllBytes(Packs().First(other => other != pack))];
            foreach (var damage in damages)
            {
                File.Delete(pack);
                if (damage is not null)
                    File.WriteAllBytes(pack, damage);
                Assert.True(await EnsureFoundOrHarmlessAsync(pack));
            }

            File.WriteAllBytes(pack, bytes);
        }
    }

    [Fact]
    public async Task A_damaged_repository_leaves_the_index_that_was_to_be_replaced()
    {
        _bench.DamagedBecause = "every pack is damaged";
        var other = TantivyFiles.Create(_bench.Index.Directory, segments: 1, seed: 9);
        foreach (var pack in Packs())
        {
            var bytes = File.ReadAllBytes(pack);
            File.WriteAllBytes(pack, [.. bytes[..60], (byte)(bytes[60] ^ 4), .. bytes[61..]]);
        }

        var before = DirectoryPicture.Everything(other.Directory);
        foreach (var inPlace in new[] { false, true })
            await Assert.ThrowsAsync<DamageException>(() => _bench.ReplaceAsync(_backup, other.Directory, new() { InPlace = inPlace, KeepPrevious = true }));

        Assert.Equal(before, DirectoryPicture.Everything(other.Directory));
        Assert.Equal(["index", "repository"], Directory.EnumerateFileSystemEntries(_bench.Root).Select(path => Path.GetFileName(path)).Order(StringComparer.Ordinal));
    }

    private string[] Packs() => [.. Directory.EnumerateFiles(_bench.Combine("repository", "packs"), "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal)];

    /// <summary>True when the damage was found, and named; false when the restored index is what it should be all the same.</summary>
    private async Task<bool> EnsureFoundOrHarmlessAsync(string pack)
    {
        var target = _bench.Combine("deep", "target");
        try
        {
            await _bench.Manager.RestoreBackupAsync(_backup, target, cancellationToken: Token);
            Assert.Equal(_wanted, DirectoryPicture.Contents(target));
            Directory.Delete(_bench.Combine("deep"), recursive: true);
            return false;
        }
        catch (DamageException damage)
        {
            Assert.Equal(ErrorCode.RepositoryDamaged, damage.Code);
            Assert.EndsWith(Path.GetFileName(pack), damage.DamagedObject, StringComparison.Ordinal);
            Assert.False(Directory.Exists(_bench.Combine("deep")));
            return true;
        }
        catch (UnsupportedFormatException newer)
        {
            // The bit was one of the format's number. Whether the object is damaged or newer cannot be told; it is named either way.
            Assert.Contains(Path.GetFileName(pack), newer.Message, StringComparison.Ordinal);
            Assert.False(Directory.Exists(_bench.Combine("deep")));
            return true;
        }
    }
}
