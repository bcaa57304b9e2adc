namespace Segvault.Cli;

/// <summary>Makes sure that the three standard descriptors are taken.</summary>
internal static class StandardStreams
{
    private const int LastStandardDescriptor = 2;

    /// <summary>True for what writing to a standard stream throws when it is full, broken or closed.</summary>
    public static bool IsFailure(Exception exception) => exception is IOException or UnauthorizedAccessException;

    /// <summary>
    /// A process started with a closed standard stream would give that number to the next file it opens, and messages would be written into a
    /// pack. So what is closed is opened on the null device.
    /// </summary>
    public static void EnsureOpen()
    {
        if (OperatingSystem.IsWindows())
        {
            return;
        }

        while (true)
        {
            var handle = File.OpenHandle("/dev/null", FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite);
            if (handle.DangerousGetHandle() > LastStandardDescriptor)
            {
                handle.Dispose();
                return;
            }

            // Stays open for as long as the process lives.
            handle.SetHandleAsInvalid();
        }
    }
}
