using System.Buffers.Binary;
using Segvault.Engines;
using Segvault.Engines.Tantivy;
using Segvault.Testing;
using Xunit;

namespace Segvault.Tests.Engines.Tantivy;

public sealed class ContentTests : IDisposable
{
    private readonly TempDirectory _directory = new();
    private readonly TantivyFiles _files;
    private readonly string _store;

    public ContentTests()
    {
        _files = TantivyFiles.Create(_directory.Combine("index"), segments: 1, bytesPerFile: 400);
        _store = _files.Segments[0].Id + ".store";
    }

    [Fact]
    public void Every_file_of_a_good_index_passes() =>
        Assert.All(_files.LiveFiles, name => Assert.Null(Check(name, File.ReadAllBytes(_files.PathOf(name)))));

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(50_000)]
    [InlineData(200_000)]
    public void A_file_of_any_length_passes_in_pieces_of_any_length(int bodyLength)
    {
        byte[] body = new byte[bodyLength];
        new Random(7).NextBytes(body);
        byte[] content = _files.AddFooter(body);
        Assert.All([1, 7, 4096, 65_536, int.MaxValue], piece => Assert.Null(Check(_store, content, piece)));
    }

    [Fact]
    public void The_footer_is_kept_byte_for_byte()
    {
        byte[] content = _files.AddFooter([1, 2, 3]);
        var check = Commit().CheckContent(_store, content.Length);
        check.Append(content);
        Assert.Null(check.Complete());
        Assert.Equal(content[3..], check.Footer);
    }

    [Fact]
    public void Every_flipped_byte_that_matters_is_found()
    {
        byte[] content = File.ReadAllBytes(_files.PathOf(_store));
        int footerStart = content.AsSpan().IndexOf("{\"version\":"u8);
        for (int i = 0; i < content.Length; i++)
        {
            content[i] ^= 0x41;
            string? problem = Check(_store, content);
            if (i < footerStart)
                Assert.Contains("CRC-32", problem, StringComparison.Ordinal);
            else
                Assert.NotNull(problem);
            content[i] ^= 0x41;
        }
    }

    [Fact]
    public void A_file_cut_short_anywhere_is_found()
    {
        byte[] content = File.ReadAllBytes(_files.PathOf(_store));
        Assert.Equal("is empty", Check(_store, []));
        for (int length = 1; length < content.Length; length++)
            Assert.Contains("without Tantivy's footer", Check(_store, content[..length]), StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_shorter_or_longer_than_expected_is_found()
    {
        byte[] content = File.ReadAllBytes(_files.PathOf(_store));
        foreach (int expected in (int[])[content.Length - 1, content.Length + 1, 0, 100_000])
        {
            var check = Commit().CheckContent(_store, expected);
            check.Append(content);
            Assert.Equal($"has {content.Length} bytes where {expected} were expected", check.Complete());
        }
    }

    [Fact]
    public void A_footer_that_claims_too_much_is_found()
    {
        byte[] content = File.ReadAllBytes(_files.PathOf(_store));
        BinaryPrimitives.WriteInt32LittleEndian(content.AsSpan(content.Length - 8), content.Length);
        Assert.Contains("damaged footer", Check(_store, content), StringComparison.Ordinal);
    }

    [Fact]
    public void A_newer_format_is_no_damage_and_an_impossible_one_is()
    {
        _files.FormatVersion = 99;
        Assert.Null(Check(_store, _files.AddFooter([1])));
        _files.FormatVersion = 3;
        Assert.Contains("format version 3", Check(_store, _files.AddFooter([1])), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(100u, 3u, null)]
    [InlineData(100u, 4u, "marks 96 documents as alive, meta.json says 97")]
    [InlineData(101u, 3u, "is for 101 documents, meta.json says 100")]
    public void Deletes_are_compared_with_the_commit(uint documents, uint deleted, string? expected)
    {
        var segment = _files.Segments[0];
        _files.AddDelete(segment, 3);
        _files.WriteMeta();
        byte[] content = _files.AddFooter(TantivyFiles.MakeAliveBits(documents, deleted));
        Assert.All([1, 3, 9, int.MaxValue], piece => Assert.Equal(expected, Check(segment.DeletesFile!, content, piece)));
    }

    [Fact]
    public void Deletes_of_the_wrong_length_are_found()
    {
        var segment = _files.Segments[0];
        _files.AddDelete(segment, 3);
        _files.WriteMeta();
        byte[] bits = TantivyFiles.MakeAliveBits(100, 3);
        Assert.Contains("20 are needed", Check(segment.DeletesFile!, _files.AddFooter([.. bits, 0])), StringComparison.Ordinal);
        Assert.Contains("documents", Check(segment.DeletesFile!, _files.AddFooter([])), StringComparison.Ordinal);
    }

    [Fact]
    public void Meta_json_must_be_readable()
    {
        Assert.Null(Check("meta.json", File.ReadAllBytes(_files.PathOf("meta.json"))));
        Assert.Contains("cut short", Check("meta.json", "{"u8.ToArray()), StringComparison.Ordinal);
    }

    public void Dispose() => _directory.Dispose();

    private IndexCommit Commit() => new TantivyEngine().ReadCommit(name => File.ReadAllBytes(_files.PathOf(name)));

    private string? Check(string name, byte[] content, int piece = int.MaxValue)
    {
        var check = Commit().CheckContent(name, content.Length);
        for (int i = 0; i < content.Length; i += Math.Min(piece, content.Length - i))
            check.Append(content.AsSpan(i, Math.Min(piece, content.Length - i)));
        return check.Complete();
    }
}
