using System.Buffers.Binary;

namespace Segvault.Tests.Backup;

/// <summary>
/// Two contents of one length with the same XXH3 checksum of 64 bits. Of every 8 bytes XXH3 multiplies the halves, each mixed with a secret constant, and
/// adds the 8 bytes themselves to another accumulator. Where the lower half is that of the secret, the product is zero whatever the upper half is; what
/// is added in one such place and taken away in another leaves no trace.
/// (https://github.com/Cyan4973/xxHash/blob/dev/doc/xxhash_spec.md, "Accumulating", and the default secret there.)
/// </summary>
internal static class ChecksumCollision
{
    private const int StripeLength = 64;
    private const uint SecretOfStripe0 = 0x396cfeb8;
    private const uint SecretOfStripe1 = 0x2c81017c;

    public static (byte[] One, byte[] Other) Make(int length)
    {
        var one = new byte[length];
        new Random(1).NextBytes(one);
        BinaryPrimitives.WriteUInt32LittleEndian(one, SecretOfStripe0);
        BinaryPrimitives.WriteUInt32LittleEndian(one.AsSpan(StripeLength), SecretOfStripe1);
        byte[] other = [.. one];
        Add(other.AsSpan(4), 1);
        Add(other.AsSpan(StripeLength + 4), -1);
        return (one, other);
    }

    private static void Add(Span<byte> at, int difference) =>
        BinaryPrimitives.WriteInt32LittleEndian(at, unchecked(BinaryPrimitives.ReadInt32LittleEndian(at) + difference));
}
