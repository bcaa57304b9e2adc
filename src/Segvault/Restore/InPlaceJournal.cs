using System.Text.Json;
using System.Text.Json.Serialization;
using Segvault.IO;

namespace Segvault.Restore;

/// <summary>
/// What a restore in place is about to do, written down before it does it, so that the next run can take an interrupted one back or finish it.
/// It lies in <c>.segvault-restore/</c> inside the target, beside <c>new/</c> (what comes) and <c>old/</c> (what was set aside).
/// </summary>
internal sealed record InPlaceJournal
{
    public const string DirectoryName = ".segvault-restore";
    private const string NewDirectory = "new";
    private const string OldDirectory = "old";
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

    /// <summary>Generated files that were there.</summary>
    public required string[] Generated { get; init; }

    /// <summary>Every file of the restored index.</summary>
    public required string[] Files { get; init; }

    /// <summary>Name of the directory beside the target with a copy of the old index that is to be kept; null when none is.</summary>
    public string? Previous { get; init; }

    public static string PathIn(string target) => Path.Combine(target, DirectoryName);

    public static string NewIn(string target) => Path.Combine(target, DirectoryName, NewDirectory);

    public static string OldIn(string target) => Path.Combine(target, DirectoryName, OldDirectory);

    /// <summary>True when a restore in place is under way or was interrupted.</summary>
    public static bool IsPending(string target) => Directory.Exists(PathIn(target));

    public static bool Exists(string target) => File.Exists(FileIn(target));

    public void Write(string target)
    {
        var path = FileIn(target);
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

    /// <summary>The journal of an interrupted restore; null when it had not got so far as to write one.</summary>
    /// <exception cref="SegvaultException">It says what no restore would write.</exception>
    public static InPlaceJournal? Read(string target)
    {
        if (!Exists(target))
            return null;
        try
        {
            if (JsonSerializer.Deserialize(File.ReadAllBytes(FileIn(target)), InPlaceJson.Default.InPlaceJournal) is { } journal && journal.IsPlain())
                return journal;
        }
        catch (JsonException)
        {
        }

        throw new SegvaultException(
            ErrorCode.IoFailed,
            $"A restore of {target} was interrupted, and its journal {FileIn(target)} cannot be understood.",
            $"Move {PathIn(target)} to another place, then restore the index again.");
    }

    /// <summary>Removes everything but what was done. The journal goes first: without it the rest is known to be worthless.</summary>
    /// <exception cref="IOException">The journal is gone, but somebody has a file open that lies beside it.</exception>
    public static void Remove(string target)
    {
        var staging = PathIn(target);
        File.Delete(FileIn(target));
        Durable.SyncDirectory(staging);
        Directory.Delete(staging, recursive: true);

        // On Windows a file that was deleted while it was open may keep its name, and .NET does not say that its directory stays.
        if (Directory.Exists(staging))
            throw new IOException($"Cannot remove '{staging}': files in it are still in use");
    }

    private static string FileIn(string target) => Path.Combine(target, DirectoryName, FileName);

    /// <summary>Whoever may write into the target can write a journal: none is to lead a restore outside of it.</summary>
    private bool IsPlain() =>
        Publish.Concat(Replace).Concat(Generated).Concat(Files).Append(CommitFile)
            .All(name => name is not null && !name.Contains('/') && SafeNames.FindProblem(name, OperatingSystem.IsWindows()) is null)
        && (Previous is null || Path.GetFileName(Previous) == Previous);
}

/// <summary>How the journal is written.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, RespectNullableAnnotations = true)]
[JsonSerializable(typeof(InPlaceJournal))]
internal sealed partial class InPlaceJson : JsonSerializerContext;
