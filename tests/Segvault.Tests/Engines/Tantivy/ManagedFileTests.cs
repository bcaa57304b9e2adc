using System.Text;
using Segvault.Engines.Tantivy;
using Xunit;

namespace Segvault.Tests.Engines.Tantivy;

public sealed class ManagedFileTests
{
    private const string Id = "0123456789abcdef0123456789abcdef";

    [Fact]
    public void The_list_names_what_the_engine_may_delete_and_nothing_of_others()
    {
        var generated = Assert.Single(new TantivyEngine().Generate(
            [Id + ".term", "meta.json", Id + ".17.del", "notes.txt", ".managed.json", ".tantivy-meta.lock", "sub/" + Id + ".idx"]));
        Assert.Equal(".managed.json", generated.Path);
        Assert.Equal($"[\"{Id}.17.del\",\"{Id}.term\",\"meta.json\"]\n", Encoding.UTF8.GetString(generated.Content.Span));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, generated.Mode);
    }

    [Fact]
    public void An_empty_index_has_a_list_too() =>
        Assert.Equal("[\"meta.json\"]\n", Encoding.UTF8.GetString(new TantivyEngine().Generate([])[0].Content.Span));
}
