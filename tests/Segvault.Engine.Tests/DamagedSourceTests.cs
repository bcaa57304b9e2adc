using Xunit;

namespace Segvault.Engine.Tests;

/// <summary>A damaged index is never backed up silently.</summary>
public sealed class DamagedSourceTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public static TheoryData<string, string> Damages
    {
        get
        {
            var data = new TheoryData<string, string>();
            foreach (var component in new[] { "term", "idx", "pos", "store", "fast", "fieldnorm", "del" })
            {
                foreach (var damage in new[] { "flip", "flip the footer", "truncate", "delete" })
                    data.Add(component, damage);
            }

            return data;
        }
    }

    [Theory]
    [MemberData(nameof(Damages))]
    public async Task A_damaged_file_is_named_and_nothing_recorded_unless_that_is_allowed(string component, string damage)
    {
        await using var bench = await BackupBench.CreateAsync();
        await CreateIndexAsync(bench);
        var path = Directory.GetFiles(bench.Index, $"*.{component}").Single();
        var file = Path.GetFileName(path);
        Do(damage, path);
        var damaged = File.Exists(path) ? await File.ReadAllBytesAsync(path, Token) : null;
        var before = Recorded(bench);

        foreach (var options in new BackupOptions[] { new(), new() { Type = BackupType.Full }, new() { Rehash = true } })
        {
            var refused = await Assert.ThrowsAsync<RefusedException>(() => bench.BackUpAsync(options));
            Assert.Equal(ErrorCode.SourceDamaged, refused.Code);
            Assert.Equal([file], refused.Files);
            Assert.Contains(file, refused.Message, StringComparison.Ordinal);
            Assert.Equal(before, Recorded(bench));
        }

        var plan = await bench.PlanBackupAsync(new() { AllowDamaged = true });
        Assert.All(plan.DamagedFiles, planned => Assert.Equal(file, planned));
        var taken = await bench.BackUpAsync(new() { AllowDamaged = true });
        Assert.Equal([file], taken.DamagedFiles);
        Assert.Contains("damaged", taken.Backup.Flags);
        Assert.Contains(taken.Warnings, warning => warning.Code == ErrorCode.SourceDamaged && warning.Message.Contains(file, StringComparison.Ordinal));
        var manifest = await bench.Backups.GetManifestAsync(taken.Backup.Id, Token);
        Assert.Equal(damaged is null ? [] : [file], manifest.Files.Where(entry => entry.Damaged).Select(entry => entry.Path));
        Assert.False((await bench.BackUpAsync(new() { AllowDamaged = true })).Unchanged);

        var restored = await bench.RestoreAsync(taken.Backup, bench.Combine("restored"));
        Assert.Equal([file], restored.DamagedFiles);
        Assert.Contains(restored.Warnings, warning => warning.Code == ErrorCode.SourceDamaged);
        if (damaged is not null)
            Assert.Equal(damaged, await File.ReadAllBytesAsync(bench.Combine("restored", file), Token));
    }

    [Theory]
    [InlineData("garble")]
    [InlineData("truncate")]
    [InlineData("delete")]
    public async Task Without_a_commit_file_that_can_be_read_there_is_nothing_to_back_up(string damage)
    {
        await using var bench = await BackupBench.CreateAsync();
        await CreateIndexAsync(bench);
        var path = Path.Combine(bench.Index, "meta.json");
        if (damage == "garble")
            Damage.FlipByte(path, place: 0);
        else
            Do(damage, path);
        var before = bench.ReadRepositoryFiles();

        foreach (var allowDamaged in new[] { false, true })
        {
            var refused = await Assert.ThrowsAsync<DamageException>(() => bench.BackUpAsync(new() { AllowDamaged = allowDamaged }));
            Assert.Equal(ErrorCode.IndexDamaged, refused.Code);
            Assert.Contains("meta.json", refused.Message, StringComparison.Ordinal);
            Assert.Equal(before, bench.ReadRepositoryFiles());
        }
    }

    [Fact]
    public async Task A_dry_run_warns_of_what_the_backup_would_warn_of()
    {
        await using var bench = await BackupBench.CreateAsync();
        var index = await bench.CreateIndexAsync(documents: 1000);
        await bench.BackUpAsync();
        var path = Directory.GetFiles(bench.Index, "*.store").Single();
        Damage.FlipByte(path);
        var options = new BackupOptions { AllowDamaged = true, Rehash = true };
        var rotted = await bench.PlanBackupAsync(options);
        Assert.Equal([Path.GetFileName(path)], rotted.DamagedFiles);
        Assert.Equal([ErrorCode.SourceRotted], rotted.Warnings.Select(warning => warning.Code));
        Assert.Equal(rotted.Warnings, (await bench.BackUpAsync(options)).Warnings);

        File.Delete(path);
        var missing = await bench.PlanBackupAsync(options);
        Assert.Equal([Path.GetFileName(path)], missing.DamagedFiles);
        Assert.Equal([ErrorCode.SourceDamaged], missing.Warnings.Select(warning => warning.Code));

        await index.DeleteAllAsync(Token);
        await index.CommitAsync(Token);
        await index.CloseWriterAsync(Token);
        var lost = await bench.PlanBackupAsync();
        Assert.Equal([ErrorCode.LostAllDocuments], lost.Warnings.Select(warning => warning.Code));
        Assert.Equal(lost.Warnings, (await bench.BackUpAsync()).Warnings);
    }

    [Fact]
    public async Task A_file_that_rotted_since_its_backup_keeps_its_good_copy()
    {
        await using var bench = await BackupBench.CreateAsync();
        var index = await bench.CreateIndexAsync(documents: 1000);
        var good = await bench.ReadStateAsync();
        var first = await bench.BackUpAsync();
        var path = Directory.GetFiles(bench.Index, "*.store").Single();
        var file = Path.GetFileName(path);
        Assert.True(new FileInfo(path).Length > 32 * 1024, "So small a file would be read each time.");
        Damage.FlipByte(path);

        // Not read, so not noticed; and not needed either.
        var plain = await bench.BackUpAsync();
        Assert.True(plain.Unchanged);
        Assert.Empty(plain.DamagedFiles);
        Assert.Equal(good, await bench.RestoreAndReadAsync(plain.Backup));

        var refused = await Assert.ThrowsAsync<RefusedException>(() => bench.BackUpAsync(new() { Rehash = true }));
        Assert.Equal(ErrorCode.SourceDamaged, refused.Code);
        Assert.Equal([file], refused.Files);
        Assert.Contains("good copy", refused.Message, StringComparison.Ordinal);

        await BackupBench.CommitAsync(index, 5000, 5);
        await index.CloseWriterAsync(Token);
        var kept = await bench.BackUpAsync(new() { Rehash = true, AllowDamaged = true });
        Assert.False(kept.Unchanged);
        Assert.Equal([file], kept.DamagedFiles);
        Assert.Contains(kept.Warnings, warning => warning.Code == ErrorCode.SourceRotted);
        Assert.Empty(kept.Backup.Flags);
        Assert.Equal(good.Count + 5, (await bench.RestoreAndReadAsync(kept.Backup)).Count);
        Assert.Empty((await bench.VerifyAsync(VerifyLevel.Data)).Problems);

        // The warning says to restore over the index; that mends it.
        await bench.ReplaceAsync(kept.Backup, inPlace: false);
        Assert.Empty((await bench.InspectAsync()).Problems);
        Assert.Equal(first.Backup.Documents + 5, (await bench.ReadStateAsync()).Count);
        Assert.Empty((await bench.BackUpAsync(new() { Rehash = true })).Warnings);
    }

    /// <summary>Everything but packs: those that a refused backup had completed stay, for the next one or for a collection.</summary>
    private static IReadOnlyList<(string Name, long Length)> Recorded(BackupBench bench) =>
        [.. bench.ReadRepositoryFiles().Where(file => !file.Name.StartsWith("packs/", StringComparison.Ordinal))];

    private static async Task CreateIndexAsync(BackupBench bench)
    {
        var index = await bench.CreateIndexAsync(documents: 200);
        await BackupBench.CommitAsync(index, 0, 0, [7, 8]);
        await index.CloseWriterAsync(Token);
    }

    private static void Do(string damage, string path)
    {
        switch (damage)
        {
            case "flip":
                Damage.FlipByte(path, place: 0.3);
                break;
            case "flip the footer":
                Damage.FlipByte(path, place: 1);
                break;
            case "truncate":
                Damage.Truncate(path);
                break;
            default:
                File.Delete(path);
                break;
        }
    }
}
