using System.Globalization;
using System.Text;
using Segvault.IO;

namespace Segvault.Snapshots;

/// <summary>Tells one directory from every other, also from one that is made later under the same name.</summary>
/// <param name="Identity">Device and inode.</param>
/// <param name="CreatedAt">When it was created, where the file system records it.</param>
/// <param name="ReplacedEmpty">True when it took the place of an empty directory, which is to be there again afterwards.</param>
internal sealed record SnapshotNote(FileIdentity Identity, DateTimeOffset? CreatedAt, bool ReplacedEmpty)
{
    public static SnapshotNote For(string directory, bool replacesEmpty)
    {
        var status = FileStatus.TryRead(directory) ?? throw new DirectoryNotFoundException($"Cannot look at '{directory}': there is no such directory");
        return new SnapshotNote(status.Identity, status.CreatedAt, replacesEmpty);
    }

    /// <summary>True when the directory of this name is the one.</summary>
    public bool Describes(string directory) =>
        FileStatus.TryRead(directory) is { Kind: FileKind.Directory } status && status.Identity == Identity && status.CreatedAt == CreatedAt;

    /// <summary>Writes it down so that it survives a power cut.</summary>
    public void Write(string path)
    {
        var created = CreatedAt?.UtcTicks ?? 0;
        var text = string.Create(CultureInfo.InvariantCulture, $"{Identity.Device} {Identity.Inode} {created} {(ReplacedEmpty ? 1 : 0)}\n");
        using (var file = File.OpenHandle(path, FileMode.CreateNew, FileAccess.Write))
        {
            RandomAccess.Write(file, Encoding.ASCII.GetBytes(text), 0);
            Durable.Sync(file, path);
        }

        var directory = Path.GetDirectoryName(path)!;
        Durable.SyncDirectory(directory);
        Durable.SyncDirectory(Path.GetDirectoryName(directory)!);
    }

    /// <summary>Null when there is none, or only a part of one.</summary>
    public static SnapshotNote? TryRead(string path)
    {
        if (FileStatus.TryRead(path) is not { Kind: FileKind.Regular, Length: < 256 })
            return null;
        var text = File.ReadAllText(path);
        var parts = text.TrimEnd('\n').Split(' ');
        return text.EndsWith('\n') && parts.Length == 4
            && ulong.TryParse(parts[0], CultureInfo.InvariantCulture, out var device)
            && ulong.TryParse(parts[1], CultureInfo.InvariantCulture, out var inode)
            && long.TryParse(parts[2], CultureInfo.InvariantCulture, out var created) && created >= 0 && created <= DateTimeOffset.MaxValue.UtcTicks
                ? new SnapshotNote(new FileIdentity(device, inode), created == 0 ? null : new DateTimeOffset(created, TimeSpan.Zero), parts[3] == "1")
                : null;
    }
}
