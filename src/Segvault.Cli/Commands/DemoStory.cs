using System.Security.Cryptography;
using Segvault.Cli.Output;
using Segvault.Cli.Reports;
using Segvault.Engines;
using Segvault.Locking;

namespace Segvault.Cli.Commands;

/// <summary>Backs up an index to a scratch repository, restores it beside, and compares.</summary>
internal sealed class DemoStory(Invocation run, string index, ScratchDirectory scratch)
{
    private readonly List<string> _problems = [];

    public async Task<DemoLine> TellAsync(CancellationToken cancellationToken)
    {
        run.Output.Say($"Looking at {index}");
        var inspection = await InspectCommand.InspectAsync(run, index, cancellationToken);
        _problems.AddRange(inspection.Problems.Select(problem => $"{problem.File} {problem.Problem}"));

        await using var repository = await BackupRepository.CreateAsync(Path.Combine(scratch.Path, "repository"), cancellationToken);
        var locks = Path.Combine(scratch.Path, "locks");
        // The default lock is a file inside the index, and nothing is to appear there.
        var manager = new BackupManager(repository, run.ManagerOptions(new LockFileProvider(locks)));

        run.Output.Say("Backing it up to a temporary repository");
        var taken = await run.ShowProgressAsync(progress => manager.CreateBackupAsync(IndexSource.Open(index), null, progress, cancellationToken));
        run.Warn(taken.Warnings);

        run.Output.Say("Verifying every stored byte");
        var verified = await run.ShowProgressAsync(
            progress => manager.VerifyBackupsAsync(new VerifyOptions { Level = VerifyLevel.Data }, progress, cancellationToken));
        _problems.AddRange(verified.Problems.Select(problem => $"{problem.Object}: {problem.Problem}"));

        run.Output.Say("Restoring it beside");
        var target = Path.Combine(scratch.Path, "restored");
        var restored = await run.ShowProgressAsync(progress => manager.RestoreBackupAsync(taken.Backup.Id, target, null, progress, cancellationToken));

        run.Output.Say("Comparing");
        var reopened = await InspectCommand.InspectAsync(run, target, cancellationToken);
        _problems.AddRange(reopened.Problems.Select(problem => $"restored {problem.File} {problem.Problem}"));
        if (reopened.Documents != taken.Backup.Documents)
        {
            _problems.Add($"The restored index has {reopened.Documents} documents, the backup {taken.Backup.Documents}.");
        }

        var manifest = await manager.GetManifestAsync(taken.Backup.Id, cancellationToken);
        Directory.Delete(locks, recursive: true);
        var (equal, equalToLive) = await CompareAsync(manifest, target, cancellationToken);
        return new DemoLine
        {
            Index = index,
            Documents = taken.Backup.Documents,
            Segments = taken.Backup.Segments,
            Files = taken.Backup.Files,
            Bytes = taken.Backup.Bytes,
            BytesStored = taken.BytesStored,
            FilesEqual = equal,
            FilesEqualToLive = equalToLive,
            DocumentsRestored = reopened.Documents,
            Kept = scratch.IsKept ? scratch.Path : null,
            Problems = _problems,
            BackupSeconds = Quantities.Seconds(taken.Elapsed),
            VerifySeconds = Quantities.Seconds(verified.Elapsed),
            RestoreSeconds = Quantities.Seconds(restored.Elapsed),
            Seconds = Quantities.Seconds(run.Elapsed),
        };
    }

    private async Task<(int Equal, int EqualToLive)> CompareAsync(BackupManifest manifest, string target, CancellationToken cancellationToken)
    {
        var (equal, equalToLive) = (0, 0);
        foreach (var file in manifest.Files)
        {
            if (await HashAsync(Path.Combine(target, file.Path), cancellationToken) != file.Sha256)
            {
                _problems.Add($"restored {file.Path} has another SHA-256 than the backup");
                continue;
            }

            equal++;
            // The writer may have gone on: what it rewrites says nothing, what it merged away is not there.
            if (!file.WriteOnce || await HashAsync(Path.Combine(index, file.Path), cancellationToken) is not { } live)
            {
                continue;
            }

            if (live == file.Sha256)
            {
                equalToLive++;
            }
            else
            {
                _problems.Add($"{file.Path} has another SHA-256 in the live index than in the backup");
            }
        }

        return (equal, equalToLive);
    }

    private static async Task<string?> HashAsync(string path, CancellationToken cancellationToken)
    {
        try
        {
            // Shares everything, so that on no system the application is disturbed.
            await using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, 1 << 20);
            return Convert.ToHexStringLower(await SHA256.HashDataAsync(file, cancellationToken));
        }
        catch (FileNotFoundException)
        {
            return null;
        }
    }
}
