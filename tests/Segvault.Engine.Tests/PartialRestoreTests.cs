using Segvault.Engines.Tantivy;
using Xunit;

namespace Segvault.Engine.Tests;

/// <summary>Tantivy opens what is left of a backup, finds in it what was whole, and nothing that was deleted.</summary>
public sealed class PartialRestoreTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(".fast")]
    [InlineData(".store")]
    [InlineData(".del")]
    public async Task Tantivy_opens_what_is_left_and_goes_on_writing_to_it(string lost)
    {
        await using var bench = await BackupBench.CreateAsync();
        var index = await bench.Host.CreateAsync(bench.Index, cancellationToken: Token);
        await BackupBench.CommitAsync(index, 1, 100, []);
        await BackupBench.CommitAsync(index, 101, 60, [5, 6, 7]);
        await index.CloseWriterAsync(Token);
        var taken = await bench.BackUpAsync();
        var manifest = await bench.Backups.GetManifestAsync(taken.Backup.Id, Token);
        Assert.Equal(2, manifest.Segments.Length);

        // The segment with the deletions.
        var harmed = manifest.Segments.Single(segment => segment.DeletedDocuments == 3);
        var file = manifest.Files.Single(known => known.Segment == harmed.Id && known.Path.EndsWith(lost, StringComparison.Ordinal));
        await LoseAsync(bench, file);
        var target = bench.Combine("left");
        var result = await bench.RestoreAsync(taken.Backup, target, new RestoreOptions { AllowPartial = true });

        Assert.Equal([harmed.Id], result.LostSegments);
        Assert.Equal(60, result.Documents);
        Assert.Equal(97, result.LostDocuments);
        var state = await bench.ReadStateAsync(target);
        Assert.Equal(60, state.Count);
        Assert.Empty((await new TantivyEngine().InspectAsync(target, readContent: true, null, Token)).Problems);

        // A writer that merges and collects leaves what is not its own alone.
        var left = await bench.Host.OpenAsync(target, cancellationToken: Token);
        await BackupBench.CommitAsync(left, 1000, 5, []);
        await left.CloseWriterAsync(Token);
        Assert.Equal(65, (await bench.ReadStateAsync(target)).Count);
        Assert.True(File.Exists(Path.Combine(target, "meta.json.original")));
        Assert.NotEmpty(Directory.GetFiles(target, harmed.Id + ".*"));
    }

    /// <summary>Flips a bit in a file's stored bytes: small files are stored uncut, one chunk each.</summary>
    private static async Task LoseAsync(BackupBench bench, BackupFile file)
    {
        var manifest = await bench.Backups.GetManifestAsync((await bench.Backups.FindBackupAsync("latest", cancellationToken: Token)).Id, Token);
        var run = file.Runs[0];
        var pack = manifest.Packs[run.Pack];
        var reader = await Segvault.Repositories.PackReader.OpenUnreferencedAsync(
            bench.Repository.Objects.Store, bench.Repository.Objects.Id, pack.Id, pack.Length, Token);
        var path = bench.PathOfObject(Segvault.Repositories.PackFormat.NameOf(pack.Id));
        var bytes = await File.ReadAllBytesAsync(path, Token);
        bytes[reader.Chunks[run.FirstChunk].Offset + 3] ^= 1;
        await File.WriteAllBytesAsync(path, bytes, Token);
    }
}
