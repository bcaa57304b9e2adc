using System.Text;
using Segvault.Archives.Tar;
using Xunit;

namespace Segvault.Tests.Archives;

public sealed class TarHeaders
{
    [Fact]
    public async Task The_oldest_headers_are_understood()
    {
        HandmadeTar tar = new HandmadeTar()
            .Add("file", '\0', "abc"u8, header => header.AsSpan(257).Clear())
            .Add("dir/", '\0', default, header => header.AsSpan(257).Clear())
            .Add("spaces", '0', "abcdefgh"u8, header => "         10 "u8.CopyTo(header.AsSpan(124)))
            .Add("contiguous", '7', "x"u8);
        var read = await Tars.ReadAsync(tar.Whole);
        Assert.Equal(["file", "dir", "spaces", "contiguous"], read.Select(entry => entry.Member.Name));
        Assert.Equal([TarMemberKind.File, TarMemberKind.Directory, TarMemberKind.File, TarMemberKind.File], read.Select(entry => entry.Member.Kind));
        Assert.Equal("abcdefgh", Encoding.ASCII.GetString(read[2].Content));
    }

    [Fact]
    public async Task A_prefix_stands_before_the_name_in_a_posix_header_only()
    {
        var read = await Tars.ReadAsync(new HandmadeTar()
            .Add("name", '0', default, header => "some/prefix"u8.CopyTo(header.AsSpan(345)))
            .Add("name", '0', default, header =>
            {
                "ustar  \0"u8.CopyTo(header.AsSpan(257));
                "14567012345\0"u8.CopyTo(header.AsSpan(345));
            }).Whole);
        Assert.Equal(["some/prefix/name", "name"], read.Select(entry => entry.Member.Name));
    }

    [Fact]
    public async Task A_name_ends_at_its_first_nul_and_may_fill_its_field()
    {
        var read = await Tars.ReadAsync(new HandmadeTar().Add("before\0after", '0').Add(new string('n', 100), '0').Whole);
        Assert.Equal(["before", new string('n', 100)], read.Select(entry => entry.Member.Name));
    }

    [Fact]
    public async Task Numbers_in_base_256_are_understood()
    {
        var read = await Tars.ReadAsync(new HandmadeTar().Add("f", '0', "ab"u8, header =>
        {
            ((byte[])[0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2]).CopyTo(header, 124);
            ((byte[])[0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xfe]).CopyTo(header, 136);
            ((byte[])[0x80, 0, 0, 0, 0xff, 0xff, 0xff, 0xfe]).CopyTo(header, 108);
            ((byte[])[0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xfe]).CopyTo(header, 116);
        }).Whole);
        Assert.Equal(2, read[0].Member.Length);
        Assert.Equal(DateTimeOffset.UnixEpoch.AddSeconds(-2), read[0].Member.ModifiedAt);
        Assert.Equal(4_294_967_294u, read[0].Member.UserId);
        Assert.Null(read[0].Member.GroupId);
    }

    [Fact]
    public async Task Gnus_long_names_replace_the_name()
    {
        string name = new('é', 200);
        var read = await Tars.ReadAsync(new HandmadeTar()
            .Add("././@LongLink", 'L', Encoding.UTF8.GetBytes(name + "\0rest"))
            .Add("cut", '0', "a"u8)
            .Add("././@LongLink", 'K', "where to\0"u8)
            .Add("link", '2')
            .Add("next", '0', "b"u8).Whole);
        Assert.Equal([name, "link", "next"], read.Select(entry => entry.Member.Name));
    }

    [Fact]
    public async Task Pax_records_come_before_headers_and_those_of_one_member_before_those_of_all()
    {
        var read = await Tars.ReadAsync(new HandmadeTar()
            .Pax('g', ("mtime", "5"), ("uname", "all"), ("comment", "hello"))
            .Pax('x', ("path", "größer"), ("mtime", "-1.5"), ("uid", "3000000000"), ("gname", "us"), ("SCHILY.xattr.user", "\0\u0001"))
            .Add("substitute", '0', "abc"u8)
            .Add("second", '0')
            .Pax('x', ("uname", ""), ("size", "3"))
            .Add("third", '0', "abc"u8, header => "00000000000"u8.CopyTo(header.AsSpan(124))).Whole);
        TarMember first = read[0].Member;
        Assert.Equal(("größer", 3, DateTimeOffset.UnixEpoch.AddSeconds(-1.5), 3_000_000_000u, "all", "us"), (first.Name, first.Length, first.ModifiedAt, first.UserId, first.User, first.Group));
        Assert.Equal(("second", DateTimeOffset.UnixEpoch.AddSeconds(5), "all"), (read[1].Member.Name, read[1].Member.ModifiedAt, read[1].Member.User));
        Assert.Equal((3, null), (read[2].Member.Length, read[2].Member.User));
    }

    [Theory]
    [InlineData('1', "a hard link")]
    [InlineData('2', "a symbolic link")]
    [InlineData('3', "a device")]
    [InlineData('4', "a device")]
    [InlineData('6', "a named pipe")]
    [InlineData('S', "a sparse file")]
    [InlineData('V', "a volume's label")]
    [InlineData('Z', "a member of the unknown type 'Z'")]
    [InlineData('\u0001', "a member of an unknown type")]
    public async Task What_is_neither_file_nor_directory_says_what_it_is(char type, string description)
    {
        var read = await Tars.ReadAsync(new HandmadeTar().Add("thing", type).Add("after", '0').Whole);
        Assert.Equal((TarMemberKind.Other, description, "after"), (read[0].Member.Kind, read[0].Member.Description, read[1].Member.Name));
    }

    [Theory]
    [InlineData("GNU.sparse.major", "1")]
    [InlineData("GNU.sparse.map", "0,1")]
    [InlineData("SCHILY.realsize", "1")]
    public async Task Sparse_files_are_recognised_by_their_pax_records(string key, string value)
    {
        var read = await Tars.ReadAsync(new HandmadeTar().Pax('x', (key, value), ("GNU.sparse.name", "real")).Add("GNUSparseFile.0/real", '0', "abc"u8).Add("after", '0').Whole);
        Assert.Equal(("real", TarMemberKind.Other, "a sparse file"), (read[0].Member.Name, read[0].Member.Kind, read[0].Member.Description));
        Assert.Equal(TarMemberKind.File, read[1].Member.Kind);
    }

    [Fact]
    public async Task The_map_of_an_old_sparse_file_is_no_content()
    {
        byte[] map = new byte[1024];
        map[504] = 1;
        byte[] before = new HandmadeTar().Add("sparse", 'S', default, header =>
        {
            "ustar  \0"u8.CopyTo(header.AsSpan(257));
            "00000000003"u8.CopyTo(header.AsSpan(124));
            header[482] = 1;
        }).Bytes;
        byte[] content = [.. "abc"u8, .. new byte[509]];
        var read = await Tars.ReadAsync([.. before, .. map, .. content, .. new HandmadeTar().Add("after", '0').Whole]);
        Assert.Equal(["sparse", "after"], read.Select(entry => entry.Member.Name));
        Assert.Equal("abc"u8.ToArray(), read[0].Content);
    }
}
