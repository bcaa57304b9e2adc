using Segvault.Archives.Compression;

namespace Segvault.Archives.Tar;

/// <summary>
/// Writes a tar that every tool reads: ustar headers, and a pax header only before members that do not fit one. Times are cut to whole seconds.
/// The same members give the same bytes.
/// </summary>
internal sealed class TarWriter(CompressedWriter output)
{
    private static readonly byte[] Zeros = new byte[2 * TarFormat.BlockLength];

    private long _expected;
    private long _written;
    private bool _inMember;
    private bool _completed;

    /// <summary>Begins a member; its content follows.</summary>
    /// <exception cref="ArgumentException">The member cannot be written: a name that is empty or no Unicode, a kind that is neither file nor directory.</exception>
    public ValueTask BeginAsync(TarMember member, CancellationToken cancellationToken)
    {
        if (_inMember || _completed)
            throw new InvalidOperationException("The member before was not ended, or the tar was completed.");
        var header = TarHeaderWriter.Make(member);
        _expected = member.Length;
        _written = 0;
        _inMember = true;
        return output.WriteAsync(header, cancellationToken);
    }

    /// <summary>Adds to the content of the member that was begun.</summary>
    public ValueTask WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        if (!_inMember)
            throw new InvalidOperationException("No member was begun.");
        _written += bytes.Length;
        return output.WriteAsync(bytes, cancellationToken);
    }

    /// <exception cref="InvalidOperationException">The bytes written are not as many as the member's length.</exception>
    public ValueTask EndAsync(CancellationToken cancellationToken)
    {
        if (!_inMember || _written != _expected)
            throw new InvalidOperationException($"A member of {_expected} bytes was given {_written}.");
        _inMember = false;
        return output.WriteAsync(Zeros.AsMemory(0, TarFormat.Padding(_written)), cancellationToken);
    }

    /// <summary>Writes the end of the tar. Does not complete the writer underneath.</summary>
    public ValueTask CompleteAsync(CancellationToken cancellationToken)
    {
        if (_inMember || _completed)
            throw new InvalidOperationException("The last member was not ended, or the tar was completed before.");
        _completed = true;
        return output.WriteAsync(Zeros, cancellationToken);
    }
}
