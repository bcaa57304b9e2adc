using System.Security.Cryptography;
using Segvault.Repositories;
using Xunit;

namespace Segvault.Tests.Repositories;

public sealed class SealedObjectTests
{
    private static readonly ObjectId Repository = ObjectId.NewRandom();
    private static readonly ObjectName Name = new(ObjectId.NewRandom());

    [Theory]
    [InlineData(0)]
    [InlineData(100)]
    [InlineData(100_000)]
    public void A_body_comes_back_as_it_was(int length)
    {
        byte[] body = [.. Enumerable.Range(0, length).Select(i => (byte)(i / 50))];
        byte[] bytes = SealedObject.Seal(ObjectKind.Manifest, Repository, Name, body);
        Assert.Equal(body, SealedObject.Open(bytes, ObjectKind.Manifest, Repository, Name, out string? problem));
        Assert.Null(problem);
        Assert.True(bytes.Length <= body.Length + 128);
    }

    [Fact]
    public void An_intact_object_is_refused_when_it_is_not_the_one_asked_for()
    {
        byte[] bytes = SealedObject.Seal(ObjectKind.Manifest, Repository, Name, "{}"u8);
        AssertRefused(bytes, ObjectKind.LogEntry, Repository, Name, "kind");
        AssertRefused(bytes, ObjectKind.Manifest, ObjectId.NewRandom(), Name, "another repository");
        AssertRefused(bytes, ObjectKind.Manifest, Repository, new ObjectName(ObjectId.NewRandom()), "another name");
        AssertRefused(bytes, ObjectKind.Manifest, Repository, new ObjectName(7), "another name");
        AssertRefused(Reseal(bytes, 20 + 40, 1), ObjectKind.Manifest, Repository, Name, "unexpected header");
        AssertRefused(Reseal(bytes, 0, 1), ObjectKind.Manifest, Repository, Name, "mark");
        AssertRefused(Reseal(bytes, 80, 9), ObjectKind.Manifest, Repository, Name, "decode");
        AssertRefused(Reseal(bytes, 88, 1), ObjectKind.Manifest, Repository, Name, "decode");
    }

    [Theory]
    [InlineData(9)]
    [InlineData(10)]
    public void A_newer_format_or_suite_is_told_from_a_flipped_bit(int position)
    {
        byte[] bytes = SealedObject.Seal(ObjectKind.Manifest, Repository, Name, "{}"u8);
        Assert.Throws<UnsupportedFormatException>(() => SealedObject.Open(Reseal(bytes, position, 2), ObjectKind.Manifest, Repository, Name, out _));
        byte[] flipped = [.. bytes];
        flipped[position] = 2;
        AssertRefused(flipped, ObjectKind.Manifest, Repository, Name, "checksum");
    }

    private static byte[] Reseal(byte[] bytes, int position, byte value)
    {
        byte[] changed = [.. bytes];
        changed[position] = value;
        SHA256.HashData(changed.AsSpan()[..^32], changed.AsSpan()[^32..]);
        return changed;
    }

    private static void AssertRefused(byte[] bytes, ObjectKind kind, ObjectId repository, ObjectName name, string problem)
    {
        Assert.Null(SealedObject.Open(bytes, kind, repository, name, out string? said));
        Assert.Contains(problem, said, StringComparison.Ordinal);
    }
}
