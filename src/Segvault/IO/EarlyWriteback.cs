using Microsoft.Win32.SafeHandles;
using Segvault.IO.Native;

namespace Segvault.IO;

/// <summary>
/// Has the system begin to write a file to its device while more of it comes, so that the flush at its end has little left to wait for. A hint to Linux:
/// nothing relies on it, and its failure says nothing.
/// </summary>
internal struct EarlyWriteback
{
    private const long Part = 8 * 1024 * 1024;
    private const uint BeginWriting = 2;

    private long _begun;

    /// <summary>To be told of a file that is written from its beginning to its end.</summary>
    /// <param name="file">The file.</param>
    /// <param name="length">How much of it has been written.</param>
    public void Wrote(SafeFileHandle file, long length)
    {
        if (length - _begun < Part || !OperatingSystem.IsLinux())
            return;
        _ = LibC.SyncFileRange(file, _begun, length - _begun, BeginWriting);
        _begun = length;
    }
}
