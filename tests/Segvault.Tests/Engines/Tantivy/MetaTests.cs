using System.Text;
using Segvault.Engines;
using Segvault.Engines.Tantivy;
using Xunit;

namespace Segvault.Tests.Engines.Tantivy;

public sealed class MetaTests
{
    private const string Id = "0123456789abcdef0123456789abcdef";
    private const string Hyphenated = "01234567-89ab-cdef-0123-456789abcdef";

    [Theory]
    [InlineData(Hyphenated)]
    [InlineData("01234567-89AB-CDEF-0123-456789ABCDEF")]
    [InlineData(Id)]
    [InlineData("urn:uuid:" + Hyphenated)]
    [InlineData("{" + Hyphenated + "}")]
    public void A_segment_id_is_read_in_every_form_that_Tantivy_reads(string id)
    {
        var commit = Read(Meta($$"""{"segment_id":"{{id}}","max_doc":3,"deletes":null}"""));
        Assert.Equal(new SegmentSummary(Id, 3, 0), Assert.Single(commit.Segments));
    }

    [Fact]
    public void Unknown_keys_are_passed_over()
    {
        var commit = Read($$$"""
            {"codec_types":[1,{"a":null}],"segments":[{"segment_id":"{{{Hyphenated}}}","max_doc":10,"new":{},"deletes":{"num_deleted_docs":4,"opstamp":18446744073709551615,"x":1}}],
             "persisted_custom_extensions":["vec"],"schema":[],"opstamp":18446744073709551615,"payload":"p"}
            """);
        Assert.Equal(6, commit.Documents);
        Assert.Equal(4, commit.DeletedDocuments);
        Assert.True(commit.IsLive(Id + ".18446744073709551615.del"));
    }

    [Fact]
    public void What_Tantivy_takes_as_absent_may_be_absent()
    {
        var commit = Read(Meta($$"""{"segment_id":"{{Id}}","max_doc":3}"""));
        Assert.Equal(3, commit.Documents);
        Assert.Empty(Read("""{"segments":[],"schema":[],"opstamp":0}""").Segments);
    }

    [Theory]
    [InlineData("", "is empty")]
    [InlineData("\0\0\0\0", "zero bytes")]
    [InlineData("{\"segments\":[", "cut short")]
    [InlineData("\uFEFF{\"segments\":[],\"schema\":[],\"opstamp\":0}", "not readable as JSON")]
    [InlineData("[]", "no list of segments")]
    [InlineData("{}", "no list of segments")]
    [InlineData("{\"segments\":{},\"schema\":[],\"opstamp\":0}", "no list of segments")]
    [InlineData("{\"segments\":[],\"opstamp\":0}", "no schema")]
    [InlineData("{\"segments\":[],\"schema\":[],\"opstamp\":-1}", "no operation stamp")]
    [InlineData("{\"segments\":[3],\"schema\":[],\"opstamp\":0}", "no valid id for segment 1")]
    [InlineData("{\"segments\":[{\"segment_id\":\"../../etc/passwd\",\"max_doc\":1}],\"schema\":[],\"opstamp\":0}", "no valid id for segment 1")]
    [InlineData("{\"segments\":[{\"segment_id\":\"\\ud800\",\"max_doc\":1}],\"schema\":[],\"opstamp\":0}", "not UTF-8")]
    [InlineData("{\"segments\":[{\"segment_id\":\"" + Id + "\",\"max_doc\":4294967296}],\"schema\":[],\"opstamp\":0}", "no number of documents")]
    [InlineData("{\"segments\":[{\"segment_id\":\"" + Id + "\",\"max_doc\":1,\"deletes\":{\"num_deleted_docs\":2,\"opstamp\":1}}],\"schema\":[],\"opstamp\":0}", "deleted")]
    [InlineData("{\"segments\":[{\"segment_id\":\"" + Id + "\",\"max_doc\":1},{\"segment_id\":\"" + Hyphenated + "\",\"max_doc\":1}],\"schema\":[],\"opstamp\":0}", "twice")]
    public void A_damaged_meta_json_is_named_and_explained(string content, string reason)
    {
        var thrown = Assert.Throws<DamageException>(() => Read(content));
        Assert.Equal(ErrorCode.IndexDamaged, thrown.Code);
        Assert.Equal("meta.json", thrown.DamagedObject);
        Assert.StartsWith("meta.json ", thrown.Message, StringComparison.Ordinal);
        Assert.Contains(reason, thrown.Message, StringComparison.Ordinal);
        Assert.NotNull(thrown.Hint);
    }

    [Fact]
    public void A_missing_meta_json_is_damage()
    {
        var thrown = Assert.Throws<DamageException>(() => new TantivyEngine().ReadCommit(_ => null));
        Assert.Contains("is missing", thrown.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_live_files_are_all_files_of_the_segments_and_the_right_deletes()
    {
        var commit = Read(Meta($$"""{"segment_id":"{{Hyphenated}}","max_doc":3,"deletes":{"num_deleted_docs":1,"opstamp":17} }"""));
        Assert.All(["meta.json", Id + ".term", Id + ".unheard-of", Id + ".17.del"], name => Assert.True(commit.IsLive(name), name));
        Assert.All(
            [".managed.json", ".tantivy-meta.lock", "notes.txt", Id + ".store.temp", Id + ".16.del", Id + ".017.del", "f" + Id[1..] + ".term"],
            name => Assert.False(commit.IsLive(name), name));
        Assert.Equal(Id, commit.SegmentOf(Id + ".17.del"));
        Assert.Null(commit.SegmentOf("meta.json"));
    }

    [Fact]
    public void Deletes_are_needed_only_where_something_is_deleted()
    {
        string[] components = ["term", "idx", "pos", "store", "fast", "fieldnorm"];
        var present = components.Select(component => $"{Id}.{component}").Append("meta.json").ToHashSet(StringComparer.Ordinal);
        Assert.Empty(Read(Meta($$"""{"segment_id":"{{Id}}","max_doc":3}""")).FindMissing(present));
        Assert.Empty(Read(Meta($$"""{"segment_id":"{{Id}}","max_doc":3,"deletes":{"num_deleted_docs":0,"opstamp":17} }""")).FindMissing(present));

        var deleted = Read(Meta($$"""{"segment_id":"{{Id}}","max_doc":3,"deletes":{"num_deleted_docs":1,"opstamp":17} }"""));
        Assert.Equal([Id + ".17.del"], deleted.FindMissing(present));
        present.Remove(Id + ".pos");
        Assert.Equal([Id + ".pos", Id + ".17.del"], deleted.FindMissing(present));
    }

    private static string Meta(string segment) => $$"""{"segments":[{{segment}}],"schema":[],"opstamp":1}""";

    private static IndexCommit Read(string content) => new TantivyEngine().ReadCommit(_ => Encoding.UTF8.GetBytes(content));
}
