using System.Collections.Immutable;
using System.Security.Cryptography;

namespace Segvault.Engines;

/// <summary>What a file's bytes, taken in order, say of it: their SHA-256, and whether the engine finds them good. One pass for both.</summary>
internal sealed class CheckedContent(ContentCheck check) : IDisposable
{
    private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);

    public long Length { get; private set; }

    public void Append(ReadOnlySpan<byte> bytes)
    {
        _hash.AppendData(bytes);
        check.Append(bytes);
        Length += bytes.Length;
    }

    public ContentVerdict Complete()
    {
        var problem = check.Complete();
        return new ContentVerdict(Convert.ToHexStringLower(_hash.GetHashAndReset()), problem, check.Footer);
    }

    public void Dispose() => _hash.Dispose();
}

/// <summary>The outcome of reading one file.</summary>
/// <param name="Sha256">SHA-256 of the content in hexadecimal.</param>
/// <param name="Problem">What the engine finds wrong with it, or null.</param>
/// <param name="Footer">The engine's footer.</param>
internal sealed record ContentVerdict(string Sha256, string? Problem, ImmutableArray<byte> Footer);
