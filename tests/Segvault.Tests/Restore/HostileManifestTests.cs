using Segvault.Backup;
using Segvault.Engines.Tantivy;
using Segvault.Repositories;
using Segvault.Restore;
using Segvault.Testing;
using Xunit;

namespace Segvault.Tests.Restore;

/// <summary>A manifest can say anything. Each of these is in the log of its repository like any other, and none of them touches a target.</summary>
public sealed class HostileManifestTests : IAsyncLifetime
{
    private RestoreBench _bench = null!;
    private BackupManifest _good = null!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _bench = await RestoreBench.CreateAsync(Token, bytesPerFile: 200);
        _good = await _bench.Manager.GetManifestAsync(await _bench.BackUpAsync(Token), Token);
    }

    public ValueTask DisposeAsync() => _bench.DisposeAsync();

    [Theory]
    [InlineData("")]
    [InlineData("/etc/cron.d/x")]
    [InlineData("../x")]
    [InlineData("a/../../x")]
    [InlineData("./x")]
    [InlineData("a//x")]
    [InlineData("..\\x")]
    [InlineData("C:\\x")]
    [InlineData("x\0y")]
    [InlineData(".segvault.lock")]
    [InlineData(".segvault-restore")]
    [InlineData(".segvault-restore/journal.json")]
    [InlineData(".SEGVAULT-staging")]
    [InlineData(".tantivy-writer.lock")]
    [InlineData(".managed.json")]
    [InlineData(".tmpAbC123")]
    [InlineData("readme.txt")]
    [InlineData("sub/00112233445566778899aabbccddeeff.store")]
    [InlineData("00112233445566778899aabbccddeeff.a/../../../x")]
    public async Task A_name_that_is_not_a_file_of_the_index_is_refused(string name) =>
        await EnsureRefusedAsync(WithFirst(file => file with { Path = name }), name);

    [Fact]
    public async Task A_name_of_more_than_255_bytes_is_refused()
    {
        var name = "00112233445566778899aabbccddeeff." + new string('x', 223);

        await EnsureRefusedAsync(WithFirst(file => file with { Path = name }), name);
        Assert.Null(SafeNames.FindProblem(name[..255], windows: true));
        Assert.NotNull(SafeNames.FindProblem(new string('ü', 128), windows: false));
    }

    [Fact]
    public async Task A_name_that_comes_twice_is_refused() =>
        await EnsureRefusedAsync(_good with { Files = _good.Files.Add(_good.Files[0]) }, _good.Files[0].Path);

    [Theory]
    [InlineData("CON")]
    [InlineData("nul.txt")]
    [InlineData("com1")]
    [InlineData("LPT¹.x")]
    [InlineData("a:b")]
    [InlineData("a*")]
    [InlineData("a\nb")]
    [InlineData("a.")]
    [InlineData("a ")]
    [InlineData("sub/aux.store")]
    public void A_name_that_only_Windows_cannot_hold_is_refused_there_alone(string name)
    {
        Assert.NotNull(SafeNames.FindProblem(name, windows: true));
        Assert.Null(SafeNames.FindProblem(name, windows: false));
    }

    [Fact]
    public void Names_that_differ_in_case_alone_are_one_on_Windows()
    {
        var upper = _good.Files[0] with { Path = _good.Files[0].Path[..32] + ".STORE" };
        var lower = upper with { Path = upper.Path[..32] + ".store2" };
        var both = _good with { Files = [upper, upper with { Path = upper.Path[..32] + ".Store" }, lower] };

        SafeNames.Ensure(both, new TantivyEngine(), windows: false);
        Assert.Throws<RefusedException>(() => SafeNames.Ensure(both, new TantivyEngine(), windows: true));
    }

    [Fact]
    public async Task An_engine_that_is_not_known_needs_a_newer_version()
    {
        var backup = await StoreAsync(_good with { Engine = "sphinx" });

        await Assert.ThrowsAsync<UnsupportedFormatException>(() => _bench.ReplaceAsync(backup, _bench.Index.Directory));
    }

    [Fact]
    public async Task Contents_that_are_not_those_described_are_damage()
    {
        _bench.DamagedBecause = "manifests lie";
        var run = _good.Files[0].Runs[0];
        var meta = _good.Files.IndexOf(_good.Files.Single(file => file.Path == "meta.json"));
        BackupManifest[] hostile =
        [
            WithFirst(file => file with { Sha256 = new string('0', 64) }),
            WithFirst(file => file with { Runs = [run with { FirstChunk = run.FirstChunk + 1 }] }),
            WithFirst(file => file with { Runs = [run with { FirstChunk = int.MaxValue }] }),
            WithFirst(file => file with { Runs = [run with { FirstChunk = -1 }] }),
            WithFirst(file => file with { Runs = [run with { Count = int.MaxValue }] }),
            WithFirst(file => file with { Runs = [run with { Pack = 99 }] }),
            WithFirst(file => file with { Runs = [run with { Pack = -1 }] }),
            WithFirst(file => file with { Runs = [], Length = 0 }),
            WithFirst(file => file with { Runs = [run, run] }),
            WithFirst(file => file with { Length = long.MaxValue, Runs = [run with { Length = long.MaxValue }] }),
            WithFirst(file => file with { Runs = _good.Files[1].Runs, Length = _good.Files[1].Length }),
            _good with { Documents = _good.Documents + 1 },
            _good with { Files = _good.Files.RemoveAt(0) },
            _good with { Files = _good.Files.RemoveAt(meta) },
            _good with { Files = _good.Files.SetItem(meta, _good.Files[0] with { Path = "meta.json" }) },
            _good with { Packs = [.. _good.Packs.Select(pack => pack with { Checksum = pack.Checksum + 1 })] },
            _good with { Packs = [.. _good.Packs.Select(pack => pack with { Length = pack.Length + 1 })] },
            _good with { Packs = [.. _good.Packs.Reverse()] },
        ];
        var before = DirectoryPicture.Everything(_bench.Index.Directory);
        for (var i = 0; i < hostile.Length; i++)
        {
            var backup = await StoreAsync(hostile[i]);
            foreach (var (target, inPlace) in new[] { (_bench.Combine("new"), false), (_bench.Index.Directory, false), (_bench.Index.Directory, true) })
            {
                // Where the index itself has the bytes that are wanted, it does not matter where the manifest would look for them.
                if (target == _bench.Index.Directory && i is 1 or 2 or 3 or 4 or 8 or 10)
                    continue;
                var failure = await Record.ExceptionAsync(() => _bench.ReplaceAsync(backup, target, new() { InPlace = inPlace }));
                Assert.True(failure is DamageException or RefusedException { Code: ErrorCode.NotEnoughSpace }, $"{i}: {failure}");
                Assert.Equal(["index", "repository"], Directory.EnumerateFileSystemEntries(_bench.Root).Select(path => Path.GetFileName(path)).Order(StringComparer.Ordinal));
            }
        }

        Assert.Equal(before, DirectoryPicture.Everything(_bench.Index.Directory));
    }

    [UnixFact("Files have no Unix mode on Windows.")]
    public async Task A_mode_that_lends_rights_is_not_set()
    {
        var backup = await StoreAsync(WithFirst(file => file with { Mode = (UnixFileMode)0xFFF }));

        await _bench.Manager.RestoreBackupAsync(backup, _bench.Combine("new"), cancellationToken: Token);

        Assert.Equal((UnixFileMode)0x1FF, Segvault.IO.FileStatus.TryRead(_bench.Combine("new", _good.Files[0].Path))!.Mode);
    }

    private BackupManifest WithFirst(Func<BackupFile, BackupFile> change) => _good with { Files = _good.Files.SetItem(0, change(_good.Files[0])) };

    private async Task EnsureRefusedAsync(BackupManifest manifest, string name)
    {
        var backup = await StoreAsync(manifest);
        var before = DirectoryPicture.Everything(_bench.Root);
        foreach (var target in new[] { _bench.Combine("new"), _bench.Index.Directory })
        {
            foreach (var inPlace in new[] { false, true })
            {
                var refused = await Assert.ThrowsAsync<RefusedException>(() => _bench.ReplaceAsync(backup, target, new() { InPlace = inPlace }));
                Assert.Equal((ErrorCode.UnsafeName, name), (refused.Code, Assert.Single(refused.Files)));
            }

            await Assert.ThrowsAsync<RefusedException>(() => _bench.Manager.PlanRestoreAsync(backup, target, cancellationToken: Token));
        }

        Assert.Equal(before, DirectoryPicture.Everything(_bench.Root));
    }

    private async Task<BackupId> StoreAsync(BackupManifest manifest)
    {
        var objects = _bench.Repository.Objects;
        manifest = manifest with { Id = BackupId.Parse(ObjectId.NewRandom().ToString()) };
        var (length, sha256) = await objects.Manifests.WriteAsync(manifest, Token);
        var add = ManifestBuilder.ToLogEntry(_good with { Id = manifest.Id }, [], length, sha256);
        await objects.Log.AppendAsync(
            _ => LogEntry.Draft(LogKind.Add) with { Add = add },
            Microsoft.Extensions.Logging.Abstractions.NullLogger.Instance,
            Token);
        return manifest.Id;
    }
}
