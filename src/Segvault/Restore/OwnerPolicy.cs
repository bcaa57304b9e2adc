using Segvault.IO;

namespace Segvault.Restore;

/// <summary>
/// Who shall own what is restored: whoever was asked for; else the owner of the index replaced; else the recorded user and group by name where
/// they exist; else the owner of the directory around the target.
/// </summary>
internal sealed class OwnerPolicy
{
    private readonly (uint? UserId, uint? GroupId)? _fixed;
    private readonly (uint? UserId, uint? GroupId) _parent;
    private readonly bool _mustSucceed;

    public OwnerPolicy(RestoreTarget target, RestoreOptions options)
    {
        var status = target.State == TargetState.Index ? FileStatus.TryRead(target.Path) : null;
        _fixed = options.Owner is { } owner ? FileOwnership.Parse(owner) : status is null ? null : (status.UserId, status.GroupId);
        _mustSucceed = _fixed is not null;
        var parent = FileStatus.TryRead(target.Parent);
        _parent = (parent?.UserId, parent?.GroupId);
    }

    /// <summary>True once an owner that matters could not be set.</summary>
    public bool Failed { get; private set; }

    public (uint? UserId, uint? GroupId) For(FileOwner? recorded)
    {
        if (_fixed is { } owner)
            return owner;
        var named = recorded is null ? default : FileOwnership.FindByName(recorded);
        return (named.UserId ?? _parent.UserId, named.GroupId ?? _parent.GroupId);
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
        if (!FileOwnership.TryChange(path, user, group) && _mustSucceed)
            Failed = true;
    }

    public bool Matches(FileStatus status, FileOwner? recorded)
    {
        var (user, group) = For(recorded);
        return (user is null || user == status.UserId) && (group is null || group == status.GroupId);
    }
}
