namespace Segvault.IO.Native;

/// <summary>Error codes of Windows. Source: <c>winerror.h</c>.</summary>
internal static class Win32Error
{
    public const int InvalidFunction = 1;
    public const int FileNotFound = 2;
    public const int PathNotFound = 3;
    public const int TooManyOpenFiles = 4;
    public const int AccessDenied = 5;
    public const int NotSameDevice = 17;
    public const int WriteProtected = 19;
    public const int SharingViolation = 32;
    public const int LockViolation = 33;
    public const int HandleDiskFull = 39;
    public const int NotSupported = 50;
    public const int FileExists = 80;
    public const int DiskFull = 112;
    public const int InvalidName = 123;
    public const int AlreadyExists = 183;
    public const int IoPending = 997;
    public const int TooManyLinks = 1142;
    public const int QuotaExceeded = 1295;
}
