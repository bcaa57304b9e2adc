using Segvault.Archives.Compression;

namespace Segvault.Archives.Tar;

/// <summary>Puts together what the headers of a member say.</summary>
internal static class TarMembers
{
    public static TarMember Describe(TarHeader header, TarExtras extras, PaxRecords global)
    {
        var pax = extras.Pax?.Over(global) ?? global;
        var name = ReadName(header, extras, pax);
        var length = pax.Number("size") ?? header.Size;
        if (length < 0 || length > long.MaxValue - TarFormat.BlockLength)
            throw new ArchiveFormatException("has a pax header with an impossible size");
        var (kind, description) = Classify(header, pax, name);
        if (length != 0 && HasNoContent(header.Type, kind))
            throw new ArchiveFormatException($"has {description ?? "a directory"} with a size");
        return new TarMember
        {
            Name = kind is TarMemberKind.Directory && name.TrimEnd('/') is { Length: > 0 } bare ? bare : name,
            Kind = kind,
            Description = description,
            Length = length,
            ModifiedAt = ToTime(pax.Seconds("mtime") ?? header.ModifiedAt),
            Mode = header.Mode,
            UserId = ToId(pax.Number("uid") ?? header.UserId),
            GroupId = ToId(pax.Number("gid") ?? header.GroupId),
            User = pax.Text("uname") ?? header.User,
            Group = pax.Text("gname") ?? header.Group,
        };
    }

    private static string ReadName(TarHeader header, TarExtras extras, PaxRecords pax)
    {
        var given = pax.Text("path");
        if (given is not null && extras.LongName is { } other && other != given)
            throw new ArchiveFormatException("has a member with two names");
        return pax.Text("GNU.sparse.name") ?? given ?? extras.LongName ?? header.ReadName();
    }

    private static (TarMemberKind Kind, string? Description) Classify(TarHeader header, PaxRecords pax, string name)
    {
        if (pax.IsSparse)
            return (TarMemberKind.Other, "a sparse file");
        return header.Type switch
        {
            // The oldest tars mark a directory by nothing but its name, and tools still go by that.
            '0' or '\0' or '7' when name.EndsWith('/') => (TarMemberKind.Directory, null),
            '0' or '\0' or '7' => (TarMemberKind.File, null),
            '5' => (TarMemberKind.Directory, null),
            '1' => (TarMemberKind.Other, "a hard link"),
            '2' => (TarMemberKind.Other, "a symbolic link"),
            '3' or '4' => (TarMemberKind.Other, "a device"),
            '6' => (TarMemberKind.Other, "a named pipe"),
            'S' => (TarMemberKind.Other, "a sparse file"),
            'D' => (TarMemberKind.Other, "a list of a directory's files"),
            'M' => (TarMemberKind.Other, "the rest of a file from another volume"),
            'V' => (TarMemberKind.Other, "a volume's label"),
            var type => (TarMemberKind.Other, char.IsAsciiLetterOrDigit(type) ? $"a member of the unknown type '{type}'" : "a member of an unknown type"),
        };
    }

    /// <summary>Tools disagree on whether content follows such a header that has a size; so none is let through.</summary>
    private static bool HasNoContent(char type, TarMemberKind kind) => kind is TarMemberKind.Directory || type is >= '1' and <= '6';

    private static uint? ToId(long? id) => id is >= 0 and <= uint.MaxValue ? (uint)id : null;

    private static DateTimeOffset ToTime(decimal seconds)
    {
        var first = DateTimeOffset.MinValue.ToUnixTimeSeconds();
        var last = DateTimeOffset.MaxValue.ToUnixTimeSeconds();
        return seconds >= first && seconds <= last
            ? DateTimeOffset.UnixEpoch.AddTicks((long)decimal.Floor(seconds * TimeSpan.TicksPerSecond))
            : throw new ArchiveFormatException("has a member with an impossible time");
    }
}
