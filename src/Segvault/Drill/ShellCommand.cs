using System.Diagnostics;

namespace Segvault.Drill;

/// <summary>A command of a person's own, run by the system's shell with an index put into it.</summary>
internal static class ShellCommand
{
    private const string Placeholder = "{index}";

    public static ProcessStartInfo Of(string command, string index)
    {
        var quoted = Quote(index);
        var text = command.Contains(Placeholder, StringComparison.Ordinal) ? command.Replace(Placeholder, quoted, StringComparison.Ordinal) : $"{command} {quoted}";
        return OperatingSystem.IsWindows()
            ? new ProcessStartInfo("cmd", $"/d /s /c \"{text}\"")
            : new ProcessStartInfo("/bin/sh", ["-c", text]);
    }

    /// <summary>A plain path stays as it is, so that it may also stand inside quotes of the command.</summary>
    private static string Quote(string path)
    {
        if (path.All(c => char.IsAsciiLetterOrDigit(c) || c is '/' or '.' or '_' or '-' or ':' || (c == '\\' && OperatingSystem.IsWindows())))
            return path;
        return OperatingSystem.IsWindows() ? $"\"{path}\"" : $"'{path.Replace("'", "'\\''", StringComparison.Ordinal)}'";
    }
}
