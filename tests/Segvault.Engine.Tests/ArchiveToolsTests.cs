using Segvault.Testing;
using Xunit;

namespace Segvault.Engine.Tests;

/// <summary>Archives are tars: what every machine has extracts one to an index that Tantivy opens, and can make one.</summary>
public sealed class ArchiveToolsTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("tar", ArchiveFormat.TarGz, "tar -xzf archive -C target")]
    [InlineData("tar", ArchiveFormat.TarZst, "zstd -dc archive | tar -x -C target")]
    [InlineData("bsdtar", ArchiveFormat.TarGz, "bsdtar -xf archive -C target")]
    [InlineData("bsdtar", ArchiveFormat.TarZst, "bsdtar -xf archive -C target")]
    [InlineData("python3", ArchiveFormat.TarGz, "python3 -c 'import tarfile; tarfile.open(\"archive\").extractall(\"target\")'")]
    public async Task Another_program_extracts_an_exported_archive_to_a_working_index(string program, ArchiveFormat format, string command)
    {
        TestBench.Require(TestBench.FindProgram(program) is not null, $"{program} is not installed");
        TestBench.Require(format == ArchiveFormat.TarGz || TestBench.FindProgram("zstd") is not null, "zstd is not installed");
        await using var bench = await BackupBench.CreateAsync();
        var index = await bench.CreateIndexAsync(documents: 300);
        await bench.BackUpAsync();
        await BackupBench.CommitAsync(index, 1000, 60, [1, 2, 3]);
        await index.CloseWriterAsync(Token);
        var taken = (await bench.BackUpAsync()).Backup;
        var state = await bench.ReadStateAsync();
        var target = Directory.CreateDirectory(bench.Combine("target")).FullName;
        await bench.Repository.ExportBackupAsync(taken.Id, bench.Combine("archive"), new() { Format = format }, cancellationToken: Token);

        await TantivyArchiveBench.ShellAsync(command, bench.Combine());
        Assert.True(File.Exists(Path.Combine(target, "manifest.json")));
        File.Delete(Path.Combine(target, "manifest.json"));
        Assert.Equal(DirectoryPicture.Contents(bench.Index), DirectoryPicture.Contents(target));
        Assert.Equal(state, await bench.ReadStateAsync(target));

        // And the application goes on with it, collecting its garbage.
        var restored = await bench.Host.OpenAsync(target, cancellationToken: Token);
        await BackupBench.CommitAsync(restored, 9000, 10);
        await restored.CloseWriterAsync(Token);
        Assert.Equal(state.Count + 10, (await bench.ReadStateAsync(target)).Count);
    }

    [Fact]
    public async Task An_archive_made_by_hand_of_a_real_index_restores_to_its_documents()
    {
        foreach (var program in (string[])["tar", "sha256sum", "bash"])
            TestBench.Require(TestBench.FindProgram(program) is not null, $"{program} is not installed");
        await using var bench = new TantivyArchiveBench();
        var index = await bench.CreateIndexAsync(documents: 200);
        await BackupBench.CommitAsync(index, 1000, 20, [5]);
        await index.CloseWriterAsync(Token);
        var archive = Path.Combine(bench.Archives, "by-hand.tar.gz");

        await TantivyArchiveBench.ShellAsync(
            CodeBlocks.Read("docs/archives.md", "### Make one", "sh"), bench.Combine(), new() { ["index"] = bench.Index, ["archive"] = archive, ["TMPDIR"] = bench.Combine() });
        var state = await bench.ReadStateAsync(bench.Index);
        Assert.Equal(state, await bench.RestoreAndReadAsync(archive));
        Assert.Equal(state.Count, (await bench.Backups.FindBackupAsync(archive, cancellationToken: Token)).Documents);
    }
}
