using Segvault.Comparison;
using Segvault.Testing;
using Xunit;

namespace Segvault.Tests.Comparison;

public sealed class BackupComparisonTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task What_an_application_did_between_two_backups_is_what_differs()
    {
        await using var bench = await RestoreBench.CreateAsync(Token);
        var merged = bench.Index.Segments[0];
        var deletedIn = bench.Index.Segments[1];
        var (before, after) = await bench.BackUpTwiceAsync(Token);
        var added = bench.Index.Segments[1];

        var comparison = await bench.Manager.CompareBackupsAsync(before, after, Token);

        Assert.Equal((before, after), (comparison.First.Id, comparison.Second.Id));
        Assert.False(comparison.IsEqual);
        Assert.Equal(
            FilesOf(added.Id).Append(deletedIn.DeletesFile!).Order(StringComparer.Ordinal), comparison.Added.Select(file => file.Path));
        Assert.Equal(FilesOf(merged.Id), comparison.Removed.Select(file => file.Path));
        var changed = Assert.Single(comparison.Changed);
        Assert.Equal("meta.json", changed.First.Path);
        Assert.NotEqual(changed.First.Sha256, changed.Second.Sha256);
        Assert.Equal(6, comparison.EqualFiles);
        Assert.Equal(FilesOf(deletedIn.Id).Sum(name => new FileInfo(bench.Index.PathOf(name)).Length), comparison.EqualBytes);
        Assert.Equal([added.Id], comparison.SegmentsAdded.Select(segment => segment.Id));
        Assert.Equal([merged.Id], comparison.SegmentsRemoved.Select(segment => segment.Id));
        var segment = Assert.Single(comparison.SegmentsChanged);
        Assert.Equal((deletedIn.Id, 0L, 3L), (segment.Second.Id, segment.First.DeletedDocuments, segment.Second.DeletedDocuments));
    }

    [Fact]
    public async Task The_other_way_round_what_was_added_is_removed()
    {
        await using var bench = await RestoreBench.CreateAsync(Token);
        var (before, after) = await bench.BackUpTwiceAsync(Token);

        var forth = await bench.Manager.CompareBackupsAsync(before, after, Token);
        var back = await bench.Manager.CompareBackupsAsync(after, before, Token);

        Assert.Equal(forth.Added.Select(file => file.Path), back.Removed.Select(file => file.Path));
        Assert.Equal(forth.Removed.Select(file => file.Path), back.Added.Select(file => file.Path));
        Assert.Equal(forth.SegmentsAdded, back.SegmentsRemoved);
        Assert.Equal((forth.EqualFiles, forth.EqualBytes), (back.EqualFiles, back.EqualBytes));
    }

    [Fact]
    public async Task A_backup_does_not_differ_from_itself()
    {
        await using var bench = await RestoreBench.CreateAsync(Token);
        var backup = await bench.BackUpAsync(Token);

        var comparison = await bench.Manager.CompareBackupsAsync(backup, backup, Token);

        Assert.True(comparison.IsEqual);
        Assert.Equal((comparison.First.Files.Length, comparison.First.TotalSize), (comparison.EqualFiles, comparison.EqualBytes));
        Assert.Empty(comparison.SegmentsAdded);
        Assert.Empty(comparison.SegmentsRemoved);
        Assert.Empty(comparison.SegmentsChanged);
    }

    [Fact]
    public async Task A_file_is_equal_by_its_content_and_not_by_anything_else()
    {
        await using var bench = await RestoreBench.CreateAsync(Token);
        var manifest = await bench.Manager.GetManifestAsync(await bench.BackUpAsync(Token), Token);
        var touched = manifest with { Files = [.. manifest.Files.Select(file => file with { ModifiedAt = DateTimeOffset.UnixEpoch, Mode = null, Owner = null })] };
        var rotten = manifest with { Files = [.. manifest.Files.Select((file, i) => i == 2 ? file with { Sha256 = new string('0', 64) } : file)] };

        Assert.True(BackupComparer.Compare(manifest, touched).IsEqual);
        Assert.Equal(manifest.Files[2], Assert.Single(BackupComparer.Compare(manifest, rotten).Changed).First);
    }

    [Fact]
    public async Task A_backup_that_is_not_there_cannot_be_compared()
    {
        await using var bench = await RestoreBench.CreateAsync(Token);
        var backup = await bench.BackUpAsync(Token);
        await Assert.ThrowsAsync<BackupNotFoundException>(() => bench.Manager.CompareBackupsAsync(backup, BackupId.NewRandom(), Token));
        await Assert.ThrowsAsync<BackupNotFoundException>(() => bench.Manager.CompareBackupsAsync(BackupId.NewRandom(), backup, Token));
    }

    private static IEnumerable<string> FilesOf(string segment) =>
        ((string[])["fast", "fieldnorm", "idx", "pos", "store", "term"]).Select(component => $"{segment}.{component}");
}
