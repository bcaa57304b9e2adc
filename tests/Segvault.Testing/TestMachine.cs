using System.Runtime.InteropServices;

namespace Segvault.Testing;

/// <summary>
/// What the machine of a test is, for attributes that skip. A test that is not asynchronous must not skip by an exception: under Wine 8 the
/// second exception that leaves a method called by reflection never arrives.
/// </summary>
internal static class TestMachine
{
    public static bool IsLinux => OperatingSystem.IsLinux();

    public static bool IsUnix => !OperatingSystem.IsWindows();

    public static bool IsWindows => OperatingSystem.IsWindows();

    /// <summary>True for Wine, which does what Windows does but for symbolic links, times of creation and alternate data streams.</summary>
    public static bool IsWine => OperatingSystem.IsWindows() && NativeLibrary.TryGetExport(NativeLibrary.Load("ntdll.dll"), "wine_get_version", out _);

    /// <summary>False on Windows for users without the privilege, and under Wine, which says that it made a link and makes none.</summary>
    public static bool MakesSymbolicLinks { get; } = IsUnix || TryMakeLink();

    private static bool TryMakeLink()
    {
        using var directory = new TempDirectory();
        try
        {
            Directory.CreateSymbolicLink(directory.Combine("link"), directory.Path);
            return new DirectoryInfo(directory.Combine("link")).LinkTarget is not null;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }
}
