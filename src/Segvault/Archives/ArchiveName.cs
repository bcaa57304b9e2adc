using System.Globalization;
using System.Text.RegularExpressions;

namespace Segvault.Archives;

/// <summary>The file names of archives: <c>backup_full_20260102_030405.tar.gz</c>, in UTC.</summary>
internal static partial class ArchiveName
{
    private static readonly string[] Extensions = [".tar.gz", ".tgz", ".tar.zst", ".tzst"];

    /// <summary>A name; of several in the same second, those after the first have a number.</summary>
    public static string For(BackupType type, DateTimeOffset createdAt, ArchiveFormat format, int number) => string.Create(
        CultureInfo.InvariantCulture,
        $"backup_{(type == BackupType.Full ? "full" : "incr")}_{createdAt.UtcDateTime:yyyyMMdd_HHmmss}{(number > 1 ? $"_{number}" : "")}{ExtensionOf(format)}");

    public static string ExtensionOf(ArchiveFormat format) => format == ArchiveFormat.TarGz ? Extensions[0] : Extensions[2];

    /// <summary>The format that a name asks for; null when it asks for none.</summary>
    public static ArchiveFormat? FormatOf(string name) =>
        Array.FindIndex(Extensions, extension => name.EndsWith(extension, StringComparison.OrdinalIgnoreCase)) switch
        {
            0 or 1 => ArchiveFormat.TarGz,
            2 or 3 => ArchiveFormat.TarZst,
            _ => null,
        };

    /// <summary>True for a file that may be an archive.</summary>
    public static bool MayBeArchive(string name) => FormatOf(name) is not null;

    /// <summary>True for a name that only Segvault gives: such a file is an archive, or a damaged one.</summary>
    public static bool IsOurs(string name) => MayBeArchive(name) && Ours().IsMatch(name);

    [GeneratedRegex("^backup_(full|incr)_[0-9]{8}_[0-9]{6}", RegexOptions.CultureInvariant | RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture)]
    private static partial Regex Ours();
}
