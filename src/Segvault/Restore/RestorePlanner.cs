using System.Collections.Immutable;
using Segvault.Engines;
using Segvault.IO;

namespace Segvault.Restore;

/// <summary>Decides how a restore is done, before anything is written.</summary>
internal static class RestorePlanner
{
    /// <summary>What file systems usually give to a file in one piece.</summary>
    private const long Block = 4096;

    public static RestorePlan Plan(RestoreContext context, string? methodReason, long bytesToFetch, ImmutableArray<OperationWarning> warnings)
    {
        var target = context.Target;
        var files = context.Manifest.Files;
        return new RestorePlan
        {
            Backup = context.Manifest,
            Target = target.Path,
            Method = context.Method,
            MethodReason = methodReason,
            ReplacesIndex = target.State == TargetState.Index,
            Files = [.. files.Select(file => new PlannedFile(file.Path, file.Length, MayReuse(context, file)))],
            BytesToFetch = bytesToFetch,
            ForeignFiles = target.ForeignNames.Length,
            SpaceNeeded = files.Where(file => !TakesNoSpace(context, file)).Sum(file => (file.Length + Block - 1) / Block * Block),
            SpaceAvailable = DiskSpace.Available(context.Method == RestoreMethod.InPlace ? target.Path : NearestExisting(target.Parent)),
            LostFiles = context.Salvaged?.LostFiles ?? [],
            LostSegments = context.Salvaged?.LostSegments ?? [],
            LostDocuments = context.Salvaged?.LostDocuments ?? 0,
            Warnings = warnings,
        };
    }

    /// <summary>
    /// True when the target has a file of this name and length that may be the one needed. The commit file is always written anew: that
    /// it is put in place is what ends a restore.
    /// </summary>
    public static bool MayReuse(RestoreContext context, BackupFile file) => Existing(context, file) is not null;

    /// <summary>True when a file that is there can be used as it is: with the owner and the mode that the restored one is to have.</summary>
    public static bool MayShare(RestoreContext context, BackupFile file, FileStatus existing) =>
        existing.Mode is null || (existing.Mode == StagedIndex.ModeOf(file) && context.Owner.Matches(existing, file.Owner));

    public static (RestoreMethod Method, string? Reason) ChooseMethod(RestoreTarget target, RestoreOptions options)
    {
        if (target.State == TargetState.Absent)
            return (RestoreMethod.Create, null);
        if (options.InPlace)
            return (RestoreMethod.InPlace, "asked for");
        if (Mounts.WhyNotExchangeable(target.Path) is { } mounted)
            return (RestoreMethod.InPlace, mounted);
        try
        {
            return StagingDirectory.CanExchangeBeside(target)
                ? (RestoreMethod.Exchange, null)
                : (RestoreMethod.InPlace, $"names in {target.Parent} cannot be exchanged");
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return (RestoreMethod.InPlace, $"{target.Parent} cannot be written");
        }
    }

    public static void EnsureSpace(RestorePlan plan)
    {
        if (plan.SpaceAvailable is { } available && plan.SpaceNeeded > available)
        {
            throw new RefusedException(
                ErrorCode.NotEnoughSpace,
                $"The restore needs {plan.SpaceNeeded} bytes beside {plan.Target}, and {available} are free.",
                "Free some space there, or restore to another file system.");
        }
    }

    private static FileStatus? Existing(RestoreContext context, BackupFile file) =>
        context.Target.State == TargetState.Index
        && !file.Damaged
        && context.Engine.Classify(file.Path) != EngineFileRole.Commit
        && FileStatus.TryRead(Path.Combine(context.Target.Path, file.Path)) is { Kind: FileKind.Regular } there
        && there.Length == file.Length
            ? there
            : null;

    /// <summary>Whether blocks can be shared is found out too late to count on it.</summary>
    private static bool TakesNoSpace(RestoreContext context, BackupFile file) =>
        Existing(context, file) is { } there && MayShare(context, file, there) && (file.WriteOnce || context.Method == RestoreMethod.InPlace);

    private static string NearestExisting(string directory)
    {
        while (!Directory.Exists(directory) && Path.GetDirectoryName(directory) is { } parent)
            directory = parent;
        return directory;
    }
}
