using System.Globalization;
using System.Runtime.InteropServices;
using Segvault.IO.Native;

namespace Segvault.IO;

/// <summary>Owners, groups, modes and access lists of files on Unix systems.</summary>
internal static class FileOwnership
{
    /// <summary>chown(2) leaves alone what this is given for.</summary>
    private const uint Unchanged = uint.MaxValue;

    /// <summary>Adds names to numbers, from the system's user database; null on Windows.</summary>
    public static FileOwner? Describe(FileStatus status) =>
        !OperatingSystem.IsWindows() && status is { UserId: { } user, GroupId: { } group }
            ? new FileOwner(user, group, UserDatabase.UserName(user), UserDatabase.GroupName(group))
            : null;

    /// <summary>
    /// Reads <c>USER</c>, <c>USER:GROUP</c> or <c>:GROUP</c>, names or numbers; a part left out is null. A name that consists of digits goes
    /// before the number. Throws <see cref="FormatException"/> for an unknown name.
    /// </summary>
    public static (uint? UserId, uint? GroupId) Parse(string text)
    {
        if (OperatingSystem.IsWindows())
            throw new FormatException("Owners of files cannot be set on Windows");

        string[] parts = text.Split(':');
        if (parts.Length > 2 || parts[^1].Length == 0)
            throw new FormatException($"'{text}' is not an owner: expected USER, USER:GROUP or :GROUP");
        uint? user = parts[0].Length == 0 ? null : UserDatabase.UserId(parts[0]) ?? Number(parts[0], "user");
        uint? group = parts.Length == 1 ? null : UserDatabase.GroupId(parts[1]) ?? Number(parts[1], "group");
        return (user, group);
    }

    /// <summary>Looks a recorded owner up by name; null for a part whose name is unknown here.</summary>
    public static (uint? UserId, uint? GroupId) FindByName(FileOwner owner) => OperatingSystem.IsWindows()
        ? (null, null)
        : (owner.User is { } user ? UserDatabase.UserId(user) : null, owner.Group is { } group ? UserDatabase.GroupId(group) : null);

    /// <summary>Changes owner and group of a file or directory, not following a link; false when this user may not.</summary>
    public static bool TryChange(string path, uint? userId, uint? groupId)
    {
        if (OperatingSystem.IsWindows())
            return false;
        if (LibC.ChangeOwner(path, userId ?? Unchanged, groupId ?? Unchanged) == 0)
            return true;
        int error = Marshal.GetLastPInvokeError();
        return IsForbidden(error) ? false : throw NativeError.For(error, "change the owner of", path);
    }

    /// <summary>Changes the permissions of a file or directory; false when this user may not. Follows a link.</summary>
    public static bool TryChangeMode(string path, UnixFileMode mode)
    {
        if (OperatingSystem.IsWindows())
            return false;
        if (LibC.ChangeMode(path, (uint)mode) == 0)
            return true;
        int error = Marshal.GetLastPInvokeError();
        return IsForbidden(error) ? false : throw NativeError.For(error, "change the mode of", path);
    }

    /// <summary>Copies mode, owner, group, access lists and other extended attributes of a directory; false when something could not be copied.</summary>
    public static bool TryCopyDirectoryAttributes(string from, string to)
    {
        if (OperatingSystem.IsWindows())
            return DirectoryAccess.TryCopy(from, to);

        FileStatus source = FileStatus.TryRead(from) ?? throw new DirectoryNotFoundException($"Cannot copy the attributes of '{from}': there is no such directory");
        FileStatus target = FileStatus.TryRead(to) ?? throw new DirectoryNotFoundException($"Cannot copy attributes to '{to}': there is no such directory");
        bool complete = true;

        // Changing the owner can clear mode bits, and an access list has a part of the mode in it: so in this order.
        if (source.UserId != target.UserId)
            complete &= TryChange(to, source.UserId, null);
        if (source.GroupId != target.GroupId)
            complete &= TryChange(to, null, source.GroupId);
        complete &= TryCopyExtendedAttributes(from, to);
        return complete & TryChangeMode(to, source.Mode!.Value);
    }

    /// <summary>The name of the user who owns a file, or the number, for messages; null where unknown.</summary>
    public static string? OwnerName(string path) =>
        FileStatus.OwnerOf(path) is { } id ? UserDatabase.UserName(id) ?? id.ToString(CultureInfo.InvariantCulture) : null;

    /// <summary>
    /// Who owns a path that may not be accessed, or the nearest directory around it that can be looked at, as the end of a sentence such as
    /// "it belongs to root"; null where unknown.
    /// </summary>
    public static string? DescribeOwner(string path)
    {
        for (string? place = path; place is { Length: > 0 }; place = Path.GetDirectoryName(place))
        {
            if (OwnerName(place) is { } owner)
                return place == path ? $"it belongs to {owner}" : $"{place} belongs to {owner}";
        }

        return null;
    }

    private static bool TryCopyExtendedAttributes(string from, string to)
    {
        bool complete = true;
        IReadOnlyList<string> names = ExtendedAttributes.List(from);
        foreach (string name in names)
        {
            byte[]? value = ExtendedAttributes.Get(from, name);

            // Setting an equal label or list may be forbidden and is not needed.
            bool equal = value is not null && ExtendedAttributes.Get(to, name) is { } present && present.AsSpan().SequenceEqual(value);
            complete &= equal || (value is not null && ExtendedAttributes.TrySet(to, name, value));
        }

        // A directory inherits access lists from the one it is created in. Those would let in whom the original keeps out.
        foreach (string name in ExtendedAttributes.List(to).Except(names, StringComparer.Ordinal))
        {
            if (name.StartsWith("system.posix_acl_", StringComparison.Ordinal))
                complete &= ExtendedAttributes.TryRemove(to, name);
        }

        return complete;
    }

    private static bool IsForbidden(int error) => error is Errno.NotPermitted or Errno.AccessDenied or Errno.ReadOnly or Errno.Invalid || Errno.IsNotSupported(error);

    private static uint Number(string text, string kind) =>
        uint.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out uint id) && id != Unchanged
            ? id
            : throw new FormatException($"There is no {kind} '{text}' on this system");
}
