using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Serialization;
using Segvault.Engines;
using Segvault.IO;

namespace Segvault.Restore;

/// <summary>
/// What a restore in place is about to do, written down before it does it, so that the next run can take an interrupted one back or finish it.
/// It lies in <c>.segvault-restore/</c> inside the target, beside <c>new/</c> (what comes) and <c>old/</c> (what was set aside).
/// </summary>
internal sealed record InPlaceJournal
{
    public const string DirectoryName = ".segvault-restore";
    public const string NewDirectory = "new";
    public const string OldDirectory = "old";
    private const string FileName = "journal.json";

    /// <summary>Name of the commit file.</summary>
    public required string CommitFile { get; init; }

    /// <summary>SHA-256 of the commit file that was there; null when there was none.</summary>
    public string? OldCommit { get; init; }

    /// <summary>SHA-256 of the commit file that comes.</summary>
    public required string NewCommit { get; init; }

    /// <summary>Files whose names are free in the target.</summary>
    public required string[] Publish { get; init; }

    /// <summary>Files whose names are taken in the target, by other content.</summary>
    public required string[] Replace { get; init; }

    /// <summary>Every file of the restored index.</summary>
    public required string[] Files { get; init; }

    public static string PathIn(string target) => Path.Combine(target, DirectoryName);

    public static bool Exists(string target) => File.Exists(Path.Combine(PathIn(target), FileName));

    public void Write(string target)
    {
        var path = Path.Combine(PathIn(target), FileName);
        var temporary = path + ".new";
        using (var file = File.OpenHandle(temporary, FileMode.Create, FileAccess.Write))
        {
            RandomAccess.Write(file, JsonSerializer.SerializeToUtf8Bytes(this, InPlaceJson.Default.InPlaceJournal), 0);
            Durable.Sync(file, temporary);
        }

        AtomicRename.Replace(temporary, path);
        Durable.SyncDirectory(PathIn(target));
        Durable.SyncDirectory(target);
    }

    /// <summary>SHA-256 of a commit file; null when it is absent.</summary>
    public static string? HashCommit(string target, string commitFile)
    {
        var path = Path.Combine(target, commitFile);
        return File.Exists(path) ? Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(path))) : null;
    }

    /// <summary>Takes an interrupted restore in place back, or finishes it: whichever the commit file says. The index must be locked.</summary>
    /// <exception cref="IndexBusyException">A writer is alive on the index.</exception>
    public static void Recover(string target, IndexEngine engine, List<OperationWarning> warnings)
    {
        var staging = PathIn(target);
        if (!Directory.Exists(staging))
            return;
        if (Read(staging) is { } journal)
        {
            using var writer = engine.TryLockWriter(target) ?? throw new IndexBusyException(
                ErrorCode.WriterActive,
                $"A restore of {target} was interrupted and must be finished or taken back, but a writer holds the index.",
                "Stop the application that writes to it, then run the command again.");
            warnings.Add(new OperationWarning(ErrorCode.LeftoverFound, journal.Settle(target, engine)));
        }

        if (Directory.Exists(staging))
            Directory.Delete(staging, recursive: true);
        Durable.SyncDirectory(target);
    }

    /// <summary>Brings the target into the state before or the state after; returns what was done.</summary>
    public string Settle(string target, IndexEngine engine)
    {
        var current = HashCommit(target, CommitFile);
        if (current == NewCommit)
        {
            Finish(target, engine);
            return $"A restore of {target} had been interrupted after the index was replaced; it was finished.";
        }

        if (current == OldCommit)
        {
            TakeBack(target, engine);
            return $"A restore of {target} had been interrupted before the index was replaced; the index is as it was.";
        }

        // An application has committed since: the index is its business now. What was set aside is kept, whoever may want it.
        var old = Path.Combine(PathIn(target), OldDirectory);
        var kept = Directory.Exists(old) && Directory.EnumerateFileSystemEntries(old).Any();
        if (kept)
            AtomicRename.TryMoveIfAbsent(old, Path.Combine(target, $"{DirectoryName}-set-aside-{Guid.NewGuid():n}"));
        return $"A restore of {target} had been interrupted, and the index was written to since. It was left as it is.";
    }

    /// <summary>Removes the engine's files that the restored index does not have. Only right once the new commit file is in place.</summary>
    public void Finish(string target, IndexEngine engine)
    {
        var wanted = Files.ToHashSet(StringComparer.Ordinal);
        foreach (var file in new DirectoryInfo(target).EnumerateFiles())
        {
            if (!wanted.Contains(file.Name)
                && engine.Classify(file.Name) is EngineFileRole.WriteOnce or EngineFileRole.Replaceable or EngineFileRole.Temporary)
                file.Delete();
        }

        Regenerate(target, engine, Files);
        Directory.Delete(PathIn(target), recursive: true);
        Durable.SyncDirectory(target);
    }

    /// <summary>Puts back what was set aside and removes what was added.</summary>
    public void TakeBack(string target, IndexEngine engine)
    {
        var staging = PathIn(target);
        foreach (var name in Replace)
        {
            var old = Path.Combine(staging, OldDirectory, name);
            if (File.Exists(old))
                AtomicRename.Replace(old, Path.Combine(target, name));
        }

        foreach (var name in Publish)
        {
            if (!File.Exists(Path.Combine(staging, NewDirectory, name)))
                File.Delete(Path.Combine(target, name));
        }

        if (OldCommit is not null)
            Regenerate(target, engine, EngineFiles(target, engine));
        else
            Remove(target, engine);
        Directory.Delete(staging, recursive: true);
        Durable.SyncDirectory(target);
    }

    /// <summary>Names of the engine's data files in a directory.</summary>
    public static string[] EngineFiles(string target, IndexEngine engine) =>
    [
        .. new DirectoryInfo(target).EnumerateFiles()
            .Select(file => file.Name)
            .Where(name => engine.Classify(name) is EngineFileRole.Commit or EngineFileRole.WriteOnce or EngineFileRole.Replaceable),
    ];

    /// <summary>Writes the generated files anew, each in one step, with the owner and mode of the one replaced or of the commit file.</summary>
    public static void Regenerate(string target, IndexEngine engine, IReadOnlyCollection<string> files)
    {
        foreach (var generated in engine.Generate(files))
        {
            var path = Path.Combine(target, generated.Path);
            var temporary = Path.Combine(PathIn(target), generated.Path.TrimStart('.') + ".new");
            using (var handle = File.OpenHandle(temporary, FileMode.Create, FileAccess.Write))
            {
                RandomAccess.Write(handle, generated.Content.Span, 0);
                if (!OperatingSystem.IsWindows())
                    File.SetUnixFileMode(handle, generated.Mode);
                Durable.Sync(handle, temporary);
            }

            if ((FileStatus.TryRead(path) ?? FileStatus.TryRead(target)) is { UserId: { } user, GroupId: { } group })
                FileOwnership.TryChange(temporary, user, group);
            AtomicRename.Replace(temporary, path);
        }
    }

    private static void Remove(string target, IndexEngine engine)
    {
        foreach (var generated in engine.Generate([]))
            File.Delete(Path.Combine(target, generated.Path));
    }

    private static InPlaceJournal? Read(string staging)
    {
        var path = Path.Combine(staging, FileName);
        return File.Exists(path) ? JsonSerializer.Deserialize(File.ReadAllBytes(path), InPlaceJson.Default.InPlaceJournal) : null;
    }
}

/// <summary>How the journal is written.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(InPlaceJournal))]
internal sealed partial class InPlaceJson : JsonSerializerContext;
