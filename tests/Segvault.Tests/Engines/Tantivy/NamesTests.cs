using Segvault.Engines;
using Segvault.Engines.Tantivy;
using Xunit;

namespace Segvault.Tests.Engines.Tantivy;

public sealed class NamesTests
{
    private const string Id = "0123456789abcdef0123456789abcdef";

    [Theory]
    [InlineData("meta.json", EngineFileRole.Commit)]
    [InlineData(".managed.json", EngineFileRole.Generated)]
    [InlineData(".tantivy-meta.lock", EngineFileRole.Lock)]
    [InlineData(".tantivy-writer.lock", EngineFileRole.Lock)]
    [InlineData(".tantivy-future.lock", EngineFileRole.Lock)]
    [InlineData(".tmpa1B2c3", EngineFileRole.Temporary)]
    [InlineData(Id + ".store.temp", EngineFileRole.Temporary)]
    [InlineData(Id + ".store", EngineFileRole.WriteOnce)]
    [InlineData(Id + ".fieldnorm", EngineFileRole.WriteOnce)]
    [InlineData(Id + ".17.del", EngineFileRole.Replaceable)]
    [InlineData(Id + ".del", EngineFileRole.WriteOnce)]
    [InlineData(Id + ".x17.del", EngineFileRole.WriteOnce)]
    [InlineData(Id + ".some plugin\n.ü", EngineFileRole.WriteOnce)]
    public void The_engines_files_are_known_by_their_names(string name, EngineFileRole role) =>
        Assert.Equal(role, new TantivyEngine().Classify(name));

    [Theory]
    [InlineData("")]
    [InlineData("META.JSON")]
    [InlineData("meta.json.bak")]
    [InlineData(".tmp12345")]
    [InlineData(".tmp1234567")]
    [InlineData(".tmp12 456")]
    [InlineData(".tantivy-meta.lock.old")]
    [InlineData(Id)]
    [InlineData(Id + ".")]
    [InlineData("0123456789ABCDEF0123456789ABCDEF.store")]
    [InlineData("0123456789abcdef0123456789abcde.store")]
    [InlineData("x0123456789abcdef0123456789abcdef.store")]
    [InlineData("notes\nand more.txt")]
    public void Everything_else_is_foreign(string name) => Assert.Equal(EngineFileRole.Foreign, new TantivyEngine().Classify(name));

    [Fact]
    public void The_names_of_the_locks_are_known_as_locks()
    {
        var engine = new TantivyEngine();
        Assert.All(engine.LockFiles, name => Assert.Equal(EngineFileRole.Lock, engine.Classify(name)));
    }
}
