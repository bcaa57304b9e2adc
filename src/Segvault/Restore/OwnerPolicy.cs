using Segvault.Engines;
using Segvault.IO;

namespace Segvault.Restore;

/// <summary>
/// Who shall own what is restored: whoever was asked for; else the owner of the index replaced; else the recorded user and group by name where
/// they exist; else the owner of the target, when it is there and empty, or of the directory around it.
/// </summary>
internal sealed class OwnerPolicy
{
    private readonly (uint? UserId, uint? GroupId)? _asked;
    private readonly (uint? UserId, uint? GroupId)? _replaced;
    private readonly (uint? UserId, uint? GroupId) _around;

    public OwnerPolicy(RestoreTarget target, IndexEngine engine, RestoreOptions options)
    {
        _asked = options.Owner is { } owner ? FileOwnership.Parse(owner) : null;
        _replaced = target.State == TargetState.Index ? OwnerOf(CommitFile(target, engine) ?? target.Path) : null;
        _around = OwnerOf(target.State == TargetState.Absent ? NearestExisting(target.Parent) : target.Path);
    }

    /// <summary>True once an owner that matters could not be set.</summary>
    public bool Failed { get; private set; }

    public (uint? UserId, uint? GroupId) For(FileOwner? recorded)
    {
        var named = recorded is null ? default : FileOwnership.FindByName(recorded);
        var usual = _replaced ?? (named.UserId ?? _around.UserId, named.GroupId ?? _around.GroupId);
        return (_asked?.UserId ?? usual.Item1, _asked?.GroupId ?? usual.Item2);
    }

    /// <summary>Gives what was there before to the owner that was asked for; leaves it as it is when none was.</summary>
    public void ApplyAsked(string path)
    {
        if (_asked is { } owner && !OperatingSystem.IsWindows() && FileStatus.TryRead(path) is not null && !FileOwnership.TryChange(path, owner.UserId, owner.GroupId))
            Failed = true;
    }

    /// <summary>Sets the owner of a file or directory that was just made.</summary>
    public void Apply(string path, FileOwner? recorded)
    {
        if (OperatingSystem.IsWindows())
            return;
        var (user, group) = For(recorded);
        var status = FileStatus.TryRead(path);
        if (status is null || ((user is null || user == status.UserId) && (group is null || group == status.GroupId)))
            return;

        // A user who is not root cannot give files away: that matters only where somebody asked for it.
        if (!FileOwnership.TryChange(path, user, group) && (_asked ?? _replaced) is not null)
            Failed = true;
    }

    /// <summary>True when a file already has the owner that the restored one is to have.</summary>
    public bool Matches(FileStatus status, FileOwner? recorded)
    {
        var (user, group) = For(recorded);
        return (user is null || user == status.UserId) && (group is null || group == status.GroupId);
    }

    /// <summary>The commit file is the one that only the application itself writes; the directory may be somebody else's.</summary>
    private static string? CommitFile(RestoreTarget target, IndexEngine engine) =>
        new DirectoryInfo(target.Path).EnumerateFiles().FirstOrDefault(file => engine.Classify(file.Name) == EngineFileRole.Commit)?.FullName;

    private static string NearestExisting(string directory)
    {
        while (!Directory.Exists(directory) && Path.GetDirectoryName(directory) is { } parent)
            directory = parent;
        return directory;
    }

    private static (uint? UserId, uint? GroupId) OwnerOf(string path)
    {
        var status = FileStatus.TryRead(path);
        return (status?.UserId, status?.GroupId);
    }
}
