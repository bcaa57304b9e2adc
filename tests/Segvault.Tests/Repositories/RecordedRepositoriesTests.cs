using System.Text.Json.Nodes;
using Segvault.Repositories;
using Segvault.Testing;
using Xunit;

namespace Segvault.Tests.Repositories;

/// <summary>What earlier versions wrote is read by this one, whole or damaged.</summary>
public sealed class RecordedRepositoriesTests
{
    public static TheoryData<string> Names => [.. RecordedRepository.Names];

    public static TheoryData<string, string, string> Damaged
    {
        get
        {
            var data = new TheoryData<string, string, string>();
            foreach (var name in RecordedRepository.Names)
            {
                foreach (var kind in new[] { "log", "backups", "packs" })
                {
                    foreach (var how in new[] { "flipped", "cut short", "empty", "missing", "swapped" })
                        data.Add(name, kind, how);
                }
            }

            return data;
        }
    }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [MemberData(nameof(Names))]
    public async Task Every_backup_is_listed_verified_and_restored(string name)
    {
        await using var recorded = await RecordedRepository.UnpackAsync(name, Token);
        await using var repository = await BackupRepository.OpenAsync(recorded.Path, Token);
        var manager = new BackupManager(repository);
        var backups = await manager.ListBackupsAsync(cancellationToken: Token).ToListAsync(Token);
        Assert.Equal(recorded.Listed.Select(Told), backups.Select(Told));

        var report = await manager.VerifyBackupsAsync(new VerifyOptions { Level = VerifyLevel.Data }, cancellationToken: Token);
        Assert.Empty(report.Problems);
        Assert.Equal(backups.Count, report.Backups);
        foreach (var backup in backups)
        {
            var restored = await manager.RestoreBackupAsync(backup.Id, recorded.Combine($"restored-{backup.Id}"), cancellationToken: Token);
            Assert.Equal((backup.Documents, backup.Bytes), (restored.Documents, restored.Bytes));
        }
    }

    [Fact]
    public async Task All_together_hold_every_kind_of_entry_that_does_not_take_an_hour()
    {
        var kinds = new HashSet<string>();
        foreach (var name in RecordedRepository.Names)
        {
            await using var recorded = await RecordedRepository.UnpackAsync(name, Token);
            await using var repository = await BackupRepository.OpenAsync(recorded.Path, Token);
            var reader = new LogReader(repository.Objects.Store, repository.Objects.Id);
            foreach (var number in await reader.ListAsync(Token))
                kinds.Add((await reader.ReadSoundAsync(number, Token))!.Value.Entry.Kind);
        }

        string[] all = [LogKind.Add, LogKind.Remove, LogKind.Condemn, LogKind.Erase, LogKind.Verified, LogKind.Confirmed, LogKind.Unchanged, LogKind.Skip];
        Assert.Equal(all.Order(), kinds.Intersect(all).Order());
    }

    [Theory]
    [MemberData(nameof(Damaged))]
    public async Task What_is_damaged_is_named_and_everything_else_restores(string name, string kind, string how)
    {
        await using var recorded = await RecordedRepository.UnpackAsync(name, Token);
        recorded.DamagedBecause = "one object is harmed";
        var harmed = Damage(recorded, kind, how);
        await using var repository = await BackupRepository.OpenAsync(recorded.Path, Token);
        var manager = new BackupManager(repository);

        var report = await manager.VerifyBackupsAsync(new VerifyOptions { Level = VerifyLevel.Data }, cancellationToken: Token);
        Assert.Contains(report.Problems, problem => problem.Object == harmed);
        var lost = report.Problems.SelectMany(problem => problem.Backups).ToHashSet();
        Assert.True(lost.Count < recorded.Listed.Count);
        foreach (var id in recorded.Listed.Select(backup => BackupId.Parse((string)backup!["id"]!)))
        {
            var target = recorded.Combine($"restored-{id}");
            if (!lost.Contains(id))
                await manager.RestoreBackupAsync(id, target, cancellationToken: Token);
            else
                await Assert.ThrowsAsync<DamageException>(() => manager.RestoreBackupAsync(id, target, cancellationToken: Token));
            Assert.Equal(!lost.Contains(id), Directory.Exists(target));
        }
    }

    /// <summary>Damages one object, or exchanges two; returns the name of one.</summary>
    private static string Damage(RecordedRepository recorded, string kind, string how)
    {
        var files = Directory.GetFiles(Path.Combine(recorded.Path, kind), "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal).ToList();
        var path = files[files.Count / 2];
        var bytes = File.ReadAllBytes(path);
        switch (how)
        {
            case "flipped":
                bytes[bytes.Length / 2] ^= 4;
                File.WriteAllBytes(path, bytes);
                break;
            case "cut short":
                File.WriteAllBytes(path, bytes[..^1]);
                break;
            case "empty":
                File.WriteAllBytes(path, []);
                break;
            case "missing":
                File.Delete(path);
                break;
            default:
                File.Copy(files[0], path, overwrite: true);
                File.WriteAllBytes(files[0], bytes);
                break;
        }

        return kind switch
        {
            "packs" => PackFormat.NameOf(ObjectId.Parse(Path.GetFileName(path))),
            "backups" => $"backups/{Path.GetFileName(path)}",

            // The fold stops at the first of the two.
            _ => Path.GetRelativePath(recorded.Path, how == "swapped" ? files[0] : path).Replace(Path.DirectorySeparatorChar, '/'),
        };
    }

    private static (string?, string?, string?, long?, string?, string?, string) Told(JsonNode? listed) => (
        (string?)listed!["id"], (string?)listed["backupType"], (string?)listed["base"], (long?)listed["documents"], (string?)listed["name"], (string?)listed["note"],
        string.Join(',', listed["labels"]!.AsObject().Select(label => $"{label.Key}={label.Value}")));

    private static (string?, string?, string?, long?, string?, string?, string) Told(BackupSummary backup) => (
        backup.Id.ToString(), backup.Type == BackupType.Full ? "full" : "incremental", backup.Base?.ToString(), backup.Documents, backup.Name, backup.Note,
        string.Join(',', backup.Labels.Select(label => $"{label.Key}={label.Value}")));
}
