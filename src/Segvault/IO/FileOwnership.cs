namespace Segvault.IO;

/// <summary>Owners, groups, modes and access lists of files on Unix systems.</summary>
internal static class FileOwnership
{
    /// <summary>Adds names to numbers, from the system's user database; null on Windows.</summary>
    public static FileOwner? Describe(FileStatus status) => throw new NotSupportedException("stub");

    /// <summary>Reads <c>USER</c>, <c>USER:GROUP</c> or <c>:GROUP</c>, names or numbers; a part left out is null. Throws <see cref="FormatException"/> for an unknown name.</summary>
    public static (uint? UserId, uint? GroupId) Parse(string text) => throw new NotSupportedException("stub");

    /// <summary>Looks a recorded owner up by name; null for a part whose name is unknown here.</summary>
    public static (uint? UserId, uint? GroupId) FindByName(FileOwner owner) => throw new NotSupportedException("stub");

    /// <summary>Changes owner and group of a file or directory, not following a link; false when this user may not.</summary>
    public static bool TryChange(string path, uint? userId, uint? groupId) => throw new NotSupportedException("stub");

    /// <summary>Copies mode, owner, group, access lists and other extended attributes of a directory; false when something could not be copied.</summary>
    public static bool TryCopyDirectoryAttributes(string from, string to) => throw new NotSupportedException("stub");

    /// <summary>The name of the user who owns a file, or the number, for messages; null where unknown.</summary>
    public static string? OwnerName(string path) => throw new NotSupportedException("stub");
}
