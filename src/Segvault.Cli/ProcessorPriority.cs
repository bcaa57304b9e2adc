using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;

namespace Segvault.Cli;

/// <summary>Lets others go first where processors are short: what a backup is beside matters more than when the backup is done.</summary>
internal static partial class ProcessorPriority
{
    private const int Niceness = 19;
    private const int OneThread = 0;

    /// <summary>Lowers the priority of this process and of those that it starts from now on. Best effort, and never the other way round.</summary>
    public static void Lower()
    {
        try
        {
            if (OperatingSystem.IsLinux())
                LowerOnLinux();
            else
                LowerElsewhere();
        }
        catch (Exception exception) when (exception is Win32Exception or IOException or UnauthorizedAccessException or InvalidOperationException or NotSupportedException)
        {
            // Then it runs as it was started.
        }
    }

    /// <summary>On Linux every thread has a priority of its own, which those that it starts inherit.</summary>
    private static void LowerOnLinux()
    {
        foreach (var thread in Directory.EnumerateDirectories("/proc/self/task"))
        {
            var id = int.Parse(Path.GetFileName(thread), NumberStyles.None, CultureInfo.InvariantCulture);
            if (GetPriority(OneThread, id) < Niceness)
                _ = SetPriority(OneThread, id, Niceness);
        }
    }

    private static void LowerElsewhere()
    {
        using var process = Process.GetCurrentProcess();
        if (process.PriorityClass == ProcessPriorityClass.Normal)
            process.PriorityClass = ProcessPriorityClass.BelowNormal;
    }

    [LibraryImport("libc", EntryPoint = "getpriority", SetLastError = true)]
    private static partial int GetPriority(int which, int thread);

    [LibraryImport("libc", EntryPoint = "setpriority", SetLastError = true)]
    private static partial int SetPriority(int which, int thread, int niceness);
}
