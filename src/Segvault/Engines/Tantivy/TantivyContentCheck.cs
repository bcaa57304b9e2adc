using System.Buffers;
using System.Collections.Immutable;
using System.IO.Hashing;

namespace Segvault.Engines.Tantivy;

/// <summary>
/// Checks a segment's file against its footer while its bytes pass by. How long the footer is shows only at the end, so the last bytes
/// that could belong to one are held back.
/// </summary>
internal sealed class TantivyContentCheck(long length, AliveDocumentsCheck? alive) : ContentCheck
{
    private readonly Crc32 _crc = new();
    private readonly long _tailStart = Math.Max(0, length - TantivyFooter.MaxLength);
    private byte[]? _tail;
    private int _tailLength;
    private long _position;
    private ImmutableArray<byte> _footer = [];

    public override ImmutableArray<byte> Footer => _footer;

    public override void Append(ReadOnlySpan<byte> bytes)
    {
        if (_position < _tailStart)
        {
            int body = (int)Math.Min(bytes.Length, _tailStart - _position);
            AppendBody(bytes[..body]);
            _position += body;
            bytes = bytes[body..];
        }

        if (bytes.IsEmpty)
            return;
        _position += bytes.Length;
        if (_position > length)
            return;
        _tail ??= ArrayPool<byte>.Shared.Rent(TantivyFooter.MaxLength);
        bytes.CopyTo(_tail.AsSpan(_tailLength));
        _tailLength += bytes.Length;
    }

    public override string? Complete()
    {
        try
        {
            return _position == length ? Check(_tail.AsSpan(0, _tailLength)) : $"has {_position} bytes where {length} were expected";
        }
        finally
        {
            if (_tail is not null)
                ArrayPool<byte>.Shared.Return(_tail);
            _tail = null;
            _tailLength = 0;
        }
    }

    private string? Check(ReadOnlySpan<byte> tail)
    {
        if (TantivyFooter.MeasureLength(tail, length, out string? problem) is not { } footerLength)
            return problem;
        var footerBytes = tail[^footerLength..];
        if (TantivyFooter.Parse(footerBytes, out problem) is not { } footer)
            return problem;

        _footer = footer.Bytes;
        AppendBody(tail[..^footerLength]);
        uint crc = _crc.GetCurrentHashAsUInt32();
        if (crc != footer.Crc)
            return $"has the CRC-32 {crc:x8}, its footer says {footer.Crc:x8}: its content changed since Tantivy wrote it";
        return alive?.Complete();
    }

    private void AppendBody(ReadOnlySpan<byte> bytes)
    {
        _crc.Append(bytes);
        alive?.Append(bytes);
    }
}

/// <summary>Checks that <c>meta.json</c> can be understood.</summary>
internal sealed class MetaContentCheck(long length) : ContentCheck
{
    private readonly ArrayBufferWriter<byte> _content = new();

    public override ImmutableArray<byte> Footer => [];

    public override void Append(ReadOnlySpan<byte> bytes) => _content.Write(bytes);

    public override string? Complete()
    {
        if (_content.WrittenCount != length)
            return $"has {_content.WrittenCount} bytes where {length} were expected";
        try
        {
            MetaFile.Parse(_content.WrittenMemory, "");
            return null;
        }
        catch (DamageException e)
        {
            return e.Message.Trim(' ', '.');
        }
    }
}
