using Segvault;
using Segvault.Engines;

// Backs up an index, lists, verifies and restores it; prints what a test compares.
string index = args[0], repositoryPath = args[1], target = args[2];

await using var repository = await BackupRepository.CreateAsync(repositoryPath);
var backups = new BackupManager(repository);

BackupResult taken = await backups.CreateBackupAsync(IndexSource.Open(index));
await foreach (BackupSummary backup in backups.ListBackupsAsync())
    Console.WriteLine($"listed {backup.Name} {backup.Type}");

VerifyReport report = await backups.VerifyBackupsAsync(new() { Level = VerifyLevel.Data });
Console.WriteLine($"problems {report.Problems.Length}");

RestoreResult restored = await backups.RestoreBackupAsync(taken.Backup.Id, target);
Console.WriteLine($"restored {restored.Documents}");

try
{
    await backups.RestoreBackupAsync(taken.Backup.Id, target);
}
catch (SegvaultException exception)
{
    Console.WriteLine($"refused {exception.Code}");
}
