using Segvault.Testing;

namespace Segvault.Tests.Histories;

/// <summary>What clients were told, and what that says about which backups there are.</summary>
internal sealed class ExpectedBackups
{
    private readonly Dictionary<BackupId, DirectoryContent> _contents = [];
    private readonly Dictionary<BackupId, List<Told>> _told = [];
    private int _now;

    private sealed record Told(bool IsThere, int Began, int Ended);

    /// <summary>A moment that later ones are after.</summary>
    public int Now() => ++_now;

    public IEnumerable<BackupId> Known => _contents.Keys;

    public DirectoryContent? ContentOf(BackupId backup) => _contents.GetValueOrDefault(backup);

    public void Taken(BackupId backup, DirectoryContent content, int began)
    {
        _contents.Add(backup, content);
        Say(backup, true, began);
    }

    public void Removed(BackupId backup, int began) => Say(backup, false, began);

    public void BroughtBack(BackupId backup, int began) => Say(backup, true, began);

    /// <summary>False when it was gone before a moment, and nobody was bringing it back.</summary>
    public bool MayBeThere(BackupId backup, int since) => LastOf(backup, since).Any(told => told.IsThere);

    /// <summary>False when it was there before a moment, and nobody was removing it.</summary>
    public bool MayBeGone(BackupId backup, int since) => LastOf(backup, since).Any(told => !told.IsThere);

    private void Say(BackupId backup, bool isThere, int began)
    {
        if (!_told.TryGetValue(backup, out var told))
            _told.Add(backup, told = []);
        told.Add(new Told(isThere, began, Now()));
    }

    /// <summary>Of what happened at the same time, either may have been the last. What nobody was told of yet may be anything.</summary>
    private IEnumerable<Told> LastOf(BackupId backup, int since)
    {
        var told = _told.GetValueOrDefault(backup) ?? [new Told(true, 0, int.MaxValue), new Told(false, 0, int.MaxValue)];
        var latest = told.Where(one => one.Ended < since).Select(one => one.Began).DefaultIfEmpty(0).Max();
        return told.Where(one => one.Ended >= latest);
    }
}
