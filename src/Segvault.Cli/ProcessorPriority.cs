using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;

namespace Segvault.Cli;

/// <summary>Lets others go first where processors are short: what a backup is beside matters more than when the backup is done.</summary>
internal static partial class ProcessorPriority
{
    private const int OtherPolicy = 0;
    private const int BatchPolicy = 3;
    private const int IdlePolicy = 5;
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

    /// <summary>
    /// On Linux every thread has a priority of its own, which those that it starts inherit: again, until there is none that was started meanwhile.
    /// </summary>
    private static void LowerOnLinux()
    {
        var lowered = new HashSet<int>();
        bool foundMore;
        do
        {
            foundMore = false;
            foreach (var thread in Directory.EnumerateDirectories("/proc/self/task"))
            {
                var id = int.Parse(Path.GetFileName(thread), NumberStyles.None, CultureInfo.InvariantCulture);
                if (!lowered.Add(id))
                    continue;
                Lower(id);
                foundMore = true;
            }
        }
        while (foundMore);
    }

    /// <summary>
    /// The class of the idle, whose threads stop for any other that is ready. Not every C library has that call, and the runtime that is not native takes new
    /// threads out of it again: niceness is what those have.
    /// </summary>
    private static void Lower(int thread)
    {
        if (GetPriority(OneThread, thread) < Niceness)
            _ = SetPriority(OneThread, thread, Niceness);
        if (GetScheduler(thread) is OtherPolicy or BatchPolicy)
            _ = SetScheduler(thread, IdlePolicy, default);
    }

    private static void LowerElsewhere()
    {
        using var process = Process.GetCurrentProcess();
        if (process.PriorityClass == ProcessPriorityClass.Normal)
            process.PriorityClass = ProcessPriorityClass.BelowNormal;
    }

    [LibraryImport("libc", EntryPoint = "sched_getscheduler", SetLastError = true)]
    private static partial int GetScheduler(int thread);

    [LibraryImport("libc", EntryPoint = "sched_setscheduler", SetLastError = true)]
    private static partial int SetScheduler(int thread, int policy, in SchedulingParameters parameters);

    [LibraryImport("libc", EntryPoint = "getpriority", SetLastError = true)]
    private static partial int GetPriority(int which, int thread);

    [LibraryImport("libc", EntryPoint = "setpriority", SetLastError = true)]
    private static partial int SetPriority(int which, int thread, int niceness);

    /// <summary>Only the first number means anything, and here it has to be 0. Some C libraries have more of them.</summary>
    [StructLayout(LayoutKind.Sequential, Size = 64)]
    private readonly record struct SchedulingParameters(int Priority);
}
