using System.Text;
using Segvault.Archives.Compression;
using Segvault.Archives.Tar;
using Xunit;

namespace Segvault.Tests.Archives;

public sealed class DamagedTars
{
    [Fact]
    public async Task A_tar_cut_at_any_byte_is_refused()
    {
        byte[] tar = await Tars.WriteAsync(Tars.File("a", 10), Tars.File(new string('b', 101), 600));
        for (int length = 0; length < tar.Length; length++)
            await AssertRefusedAsync(tar[..length]);
    }

    [Fact]
    public async Task Zeros_may_follow_the_end_and_nothing_else()
    {
        byte[] tar = await Tars.WriteAsync(Tars.File("a", 10));
        Assert.Single(await Tars.ReadAsync([.. tar, .. new byte[10_240]]));
        await AssertRefusedAsync([.. tar, .. new byte[10_240], 1], "has something behind the end of its tar");
        await AssertRefusedAsync([.. tar, .. tar], "has something behind the end of its tar");
        await AssertRefusedAsync([.. tar[..^512], .. tar], "has a tar that goes on behind a block of zeros");
        await AssertRefusedAsync([.. tar, .. new byte[17 * 1024 * 1024]], "has more than 16 MiB of zeros behind the end of its tar");
        await AssertRefusedAsync(tar[..^1024], "ends without the end of a tar");
    }

    [Fact]
    public async Task A_flipped_bit_in_a_header_is_refused_or_changes_nothing()
    {
        byte[] tar = await Tars.WriteAsync(Tars.File("name", 10));
        var expected = (await Tars.ReadAsync(tar))[0].Member;
        for (int bit = 0; bit < 512 * 8; bit++)
        {
            byte[] damaged = [.. tar];
            damaged[bit / 8] ^= (byte)(1 << (bit % 8));

            // The checksum's own field has bytes that say nothing: what ends it, and a zero that may as well be a space.
            if (bit / 8 is 148 or 154 or 155 && await TryReadAsync(damaged) is { } read)
                Assert.Equal(expected, read);
            else
                await AssertRefusedAsync(damaged);
        }
    }

    [Theory]
    [InlineData(124, "7777777777a")]
    [InlineData(124, "-0000000001")]
    [InlineData(124, "000 0000001")]
    [InlineData(136, "99999999999")]
    [InlineData(100, "rw-r--r")]
    public async Task A_number_that_is_none_is_refused(int offset, string field) =>
        await AssertRefusedAsync(new HandmadeTar().Add("f", '0', default, header => Encoding.ASCII.GetBytes(field).CopyTo(header, offset)).Whole);

    [Theory]
    [InlineData(new byte[] { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff })]
    [InlineData(new byte[] { 0x80, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0 })]
    [InlineData(new byte[] { 0x80, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff })]
    [InlineData(new byte[] { 0x80, 0, 0, 0, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff })]
    [InlineData(new byte[] { 0xc0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1 })]
    public async Task A_size_that_cannot_be_is_refused(byte[] field) =>
        await AssertRefusedAsync(new HandmadeTar().Add("f", '0', default, header => field.CopyTo(header, 124)).Whole);

    [Theory]
    [InlineData("size", "-1")]
    [InlineData("size", "9223372036854775807")]
    [InlineData("size", "99999999999999999999")]
    [InlineData("size", "1e3")]
    [InlineData("size", " 1")]
    [InlineData("mtime", "soon")]
    [InlineData("mtime", "999999999999999")]
    [InlineData("mtime", "1e400")]
    [InlineData("uid", "root")]
    [InlineData("path", "a\0b")]
    public async Task A_pax_value_that_cannot_be_is_refused(string key, string value) =>
        await AssertRefusedAsync(new HandmadeTar().Pax('x', (key, value)).Add("f", '0').Whole);

    [Theory]
    [InlineData("garbage")]
    [InlineData("5 a=b\n")]
    [InlineData("7 a=b\n")]
    [InlineData("06 a=b\n6 a=b\n")]
    [InlineData("6 ab \n")]
    [InlineData("5 =b\n")]
    [InlineData("-6 a=b\n")]
    [InlineData("99999999999999999999 a=b\n")]
    [InlineData("\0\0\0\0")]
    public async Task A_broken_pax_record_is_refused(string records) =>
        await AssertRefusedAsync(new HandmadeTar().Add("pax", 'x', Encoding.UTF8.GetBytes(records)).Add("f", '0').Whole);

    [Fact]
    public async Task What_is_said_twice_is_refused()
    {
        await AssertRefusedAsync(new HandmadeTar().Pax('x', ("path", "a"), ("path", "b")).Add("f", '0').Whole, "has a pax header that says 'path' twice");
        await AssertRefusedAsync(new HandmadeTar().Pax('x', ("path", "a")).Pax('x', ("path", "b")).Add("f", '0').Whole, "has two headers of type 'x' for one member");
        await AssertRefusedAsync(new HandmadeTar().Add("l", 'L', "a\0"u8).Add("l", 'L', "b\0"u8).Add("f", '0').Whole, "has two headers of type 'L' for one member");
        await AssertRefusedAsync(new HandmadeTar().Add("l", 'L', "a\0"u8).Pax('x', ("path", "b")).Add("f", '0').Whole, "has a member with two names");
    }

    [Fact]
    public async Task A_header_for_no_member_is_refused() =>
        await AssertRefusedAsync(new HandmadeTar().Pax('x', ("path", "a")).Whole, "has a header for a member that does not come");

    [Theory]
    [InlineData('1')]
    [InlineData('2')]
    [InlineData('5')]
    [InlineData('6')]
    public async Task Content_where_there_can_be_none_is_refused(char type) =>
        await AssertRefusedAsync(new HandmadeTar().Add("thing", type, "abc"u8).Whole);

    [Fact]
    public async Task Names_that_are_not_utf8_are_refused()
    {
        await AssertRefusedAsync(new HandmadeTar().Add("f", '0', default, header => header[0] = 0xe9).Whole, "has a tar header with a name that is not UTF-8");
        await AssertRefusedAsync(new HandmadeTar().Add("l", 'L', [0xc3, 0x28, 0]).Add("f", '0').Whole, "has a tar header with a name that is not UTF-8");
        await AssertRefusedAsync(new HandmadeTar().Add("pax", 'x', [.. "11 path="u8, 0xff, 0xff, (byte)'\n']).Add("f", '0').Whole, "has a tar header with a path that is not UTF-8");
    }

    [Fact]
    public async Task Headers_before_a_member_are_bounded_one_by_one_and_together()
    {
        const string Problem = "has more than 1024 KiB of headers for one member";
        await AssertRefusedAsync(new HandmadeTar().Add("pax", 'x', default, header => "77777777777"u8.CopyTo(header.AsSpan(124))).Whole, Problem);
        HandmadeTar many = new();
        for (int i = 0; i < 2100; i++)
            many.Add("pax", 'g');
        await AssertRefusedAsync(many.Add("f", '0').Whole, Problem);
    }

    [Fact]
    public async Task A_member_that_claims_more_than_there_is_is_refused()
    {
        byte[] tar = new HandmadeTar().Add("f", '0', "abc"u8, header => "00000100000"u8.CopyTo(header.AsSpan(124))).Whole;
        await AssertRefusedAsync(tar, "ends in the middle of a member of the tar");
        var reader = Tars.Open(tar);
        await reader.NextAsync(CancellationToken.None);
        await Assert.ThrowsAsync<ArchiveFormatException>(async () => await reader.NextAsync(CancellationToken.None));
    }

    private static async Task<TarMember?> TryReadAsync(byte[] tar)
    {
        try
        {
            return (await Tars.ReadAsync(tar))[0].Member;
        }
        catch (ArchiveFormatException)
        {
            return null;
        }
    }

    private static async Task AssertRefusedAsync(byte[] tar, string? problem = null)
    {
        var exception = await Assert.ThrowsAsync<ArchiveFormatException>(() => Tars.ReadAsync(tar));
        if (problem is not null)
            Assert.Equal(problem, exception.Message);
    }
}
