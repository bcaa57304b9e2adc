namespace Segvault.IO.Native;

/// <summary>Error numbers of Linux and macOS; most are the same on both. Source: <c>errno.h</c> of either system.</summary>
internal static class Errno
{
    public const int NotPermitted = 1;
    public const int NoEntry = 2;
    public const int Interrupted = 4;
    public const int NoDevice = 6;
    public const int BadDescriptor = 9;
    public const int AccessDenied = 13;
    public const int Busy = 16;
    public const int Exists = 17;
    public const int CrossDevice = 18;
    public const int NotDirectory = 20;
    public const int IsDirectory = 21;
    public const int Invalid = 22;
    public const int TooManyInSystem = 23;
    public const int TooManyInProcess = 24;
    public const int NotTerminal = 25;
    public const int NoSpace = 28;
    public const int ReadOnly = 30;
    public const int TooManyLinks = 31;
    public const int Range = 34;

    public static int WouldBlock => OperatingSystem.IsMacOS() ? 35 : 11;

    public static int Loop => OperatingSystem.IsMacOS() ? 62 : 40;

    public static int NameTooLong => OperatingSystem.IsMacOS() ? 63 : 36;

    public static int NoLocks => OperatingSystem.IsMacOS() ? 77 : 37;

    public static int NotImplemented => OperatingSystem.IsMacOS() ? 78 : 38;

    public static int NotEmpty => OperatingSystem.IsMacOS() ? 66 : 39;

    public static int NoData => OperatingSystem.IsMacOS() ? 93 : 61;

    public static int Quota => OperatingSystem.IsMacOS() ? 69 : 122;

    /// <summary>ENOTSUP and EOPNOTSUPP: one number on Linux, two on macOS.</summary>
    public static bool IsNotSupported(int error) => OperatingSystem.IsMacOS() ? error is 45 or 102 : error == 95;
}
