using System.Collections.Immutable;
using Segvault.IO;

namespace Segvault.Restore;

/// <summary>Decides how a restore is done, before anything is written.</summary>
internal static class RestorePlanner
{
    public static RestorePlan Plan(
        BackupManifest manifest, RestoreTarget target, RestoreOptions options, long bytesToFetch, ImmutableArray<OperationWarning> warnings)
    {
        var (method, reason) = ChooseMethod(target, options);
        var files = manifest.Files.Select(file => new PlannedFile(file.Path, file.Length, MayReuse(target, file))).ToImmutableArray();
        var place = method == RestoreMethod.InPlace ? target.Path : NearestExisting(target.Parent);
        return new RestorePlan
        {
            Backup = manifest,
            Target = target.Path,
            Method = method,
            MethodReason = reason,
            ReplacesIndex = target.State == TargetState.Index,
            Files = files,
            BytesToFetch = bytesToFetch,
            ForeignFiles = target.ForeignNames.Length,
            SpaceNeeded = files.Where(file => !file.Reused).Sum(file => file.Length),
            SpaceAvailable = DiskSpace.Available(place),
            Warnings = warnings,
        };
    }

    /// <summary>True when the target has a file of this name and length that may be the one needed.</summary>
    public static bool MayReuse(RestoreTarget target, BackupFile file) =>
        target.State == TargetState.Index
        && !file.Damaged
        && FileStatus.TryRead(Path.Combine(target.Path, file.Path)) is { Kind: FileKind.Regular } there
        && there.Length == file.Length;

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

    private static (RestoreMethod Method, string? Reason) ChooseMethod(RestoreTarget target, RestoreOptions options)
    {
        if (target.State == TargetState.Absent)
            return (RestoreMethod.Create, null);
        if (options.InPlace)
            return (RestoreMethod.InPlace, "asked for");
        if (Mounts.WhyNotExchangeable(target.Path) is { } mounted)
            return (RestoreMethod.InPlace, mounted);
        try
        {
            return AtomicRename.CanExchangeIn(target.Parent)
                ? (RestoreMethod.Exchange, null)
                : (RestoreMethod.InPlace, $"names in {target.Parent} cannot be exchanged");
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return (RestoreMethod.InPlace, $"{target.Parent} cannot be written");
        }
    }

    private static string NearestExisting(string directory)
    {
        while (!Directory.Exists(directory) && Path.GetDirectoryName(directory) is { } parent)
            directory = parent;
        return directory;
    }
}
