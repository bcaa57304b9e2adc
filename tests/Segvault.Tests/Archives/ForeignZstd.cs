using ZstdSharp;
using ZstdSharp.Unsafe;

namespace Segvault.Tests.Archives;

/// <summary>Zstd frames as other programs make them.</summary>
internal static class ForeignZstd
{
    public static byte[] Frame(byte[] plain, int level = 3)
    {
        MemoryStream frame = new();
        using Compressor compressor = new(level);
        compressor.SetParameter(ZSTD_cParameter.ZSTD_c_checksumFlag, 1);

        // A stream of unknown length, as from a pipe: no content size in the header, and a window.
        using (CompressionStream stream = new(frame, compressor, leaveOpen: true))
            stream.Write(plain);
        return frame.ToArray();
    }

    public static byte[] Skippable(byte[] content) => [0x53, 0x2a, 0x4d, 0x18, .. BitConverter.GetBytes(content.Length), .. content];
}
