namespace Segvault.Tests.Engines.Tantivy;

internal static class Modes
{
    /// <summary>Sets permissions where there are any, for tests that skip themselves elsewhere.</summary>
    public static void Set(string path, UnixFileMode mode)
    {
        if (!OperatingSystem.IsWindows())
            File.SetUnixFileMode(path, mode);
    }
}
