using Microsoft.Win32.SafeHandles;
using Segvault.IO.Native;

namespace Segvault.IO;

/// <summary>
/// Has the system read more of a file before it is asked for, and in larger requests than it would by itself. A hint to Linux: nothing relies on it, and
/// its failure says nothing.
/// </summary>
internal struct ReadAhead
{
    private const long Window = 8 * 1024 * 1024;
    private const int WillNeed = 3;

    private long _expected;

    /// <summary>To be told before each read of a file that is read from its beginning to its end; null is no file of the system's.</summary>
    public void Reading(SafeFileHandle? file, long offset)
    {
        if (file is null || offset + (Window / 2) < _expected)
            return;
        Expect(file, _expected, Window);
        _expected += Window;
    }

    /// <summary>Says that a part of a file will be read soon.</summary>
    public static void Expect(SafeFileHandle file, long offset, long length)
    {
        if (OperatingSystem.IsLinux())
            _ = LibC.Advise(file, offset, length, WillNeed);
    }
}
