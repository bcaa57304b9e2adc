using Microsoft.Win32.SafeHandles;
using ZstdSharp.Unsafe;

namespace Segvault.Archives.Compression;

/// <summary>
/// Decompresses one frame after another and says where each ends. <see cref="ZstdSharp.Decompressor"/> does not: it goes on into what follows a frame.
/// </summary>
internal sealed unsafe class ZstdDecoder : SafeHandleZeroOrMinusOneIsInvalid
{
    public ZstdDecoder()
        : base(ownsHandle: true)
    {
        handle = (nint)Methods.ZSTD_createDCtx();
        if (IsInvalid)
            throw new InvalidOperationException("There is no memory for decompressing zstd.");
        Check(Methods.ZSTD_DCtx_setParameter(Context, ZSTD_dParameter.ZSTD_d_windowLogMax, ZstdFrames.LargestWindowLog));
    }

    private ZSTD_DCtx_s* Context => (ZSTD_DCtx_s*)handle;

    /// <summary>Forgets what was left unfinished.</summary>
    public void Reset() => Check(Methods.ZSTD_DCtx_reset(Context, ZSTD_ResetDirective.ZSTD_reset_session_only));

    /// <summary>Goes on with a frame as far as input and room reach; true when its end was reached and everything of it was given out.</summary>
    /// <exception cref="ArchiveFormatException">The frame is damaged.</exception>
    public bool Decompress(ReadOnlySpan<byte> source, Span<byte> destination, out int consumed, out int written)
    {
        fixed (byte* from = source)
        fixed (byte* to = destination)
        {
            var input = new ZSTD_inBuffer_s { src = from, size = (nuint)source.Length };
            var output = new ZSTD_outBuffer_s { dst = to, size = (nuint)destination.Length };
            var missing = Check(Methods.ZSTD_decompressStream(Context, &output, &input));
            consumed = (int)input.pos;
            written = (int)output.pos;
            return missing == 0;
        }
    }

    protected override bool ReleaseHandle() => Methods.ZSTD_freeDCtx(Context) == 0;

    private static nuint Check(nuint result) => !Methods.ZSTD_isError(result) ? result : throw new ArchiveFormatException(Methods.ZSTD_getErrorCode(result) switch
    {
        ZSTD_ErrorCode.ZSTD_error_frameParameter_windowTooLarge => $"has a zstd frame that needs more than {ZstdFrames.LargestWindow} MiB of memory to be read",
        ZSTD_ErrorCode.ZSTD_error_checksum_wrong => "has a zstd frame that does not match its checksum",
        _ => $"has a zstd frame that does not decompress ({Methods.ZSTD_getErrorName(result)})",
    });
}
