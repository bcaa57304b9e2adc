using System.Text.Json.Nodes;

namespace Segvault.Testing;

/// <summary>Which documents an index holds: their number, and a hash over every id, title and body that does not depend on their order.</summary>
/// <param name="Count">Live documents.</param>
/// <param name="Hash">Sixteen hexadecimal digits: the sum, modulo 2^64, of a 64-bit fingerprint of each document.</param>
internal sealed record IndexState(long Count, string Hash)
{
    /// <summary>The state of an index without documents.</summary>
    public static IndexState Empty { get; } = new(0, "0000000000000000");

    internal static IndexState From(JsonNode node) => new((long)node["count"]!, (string)node["hash"]!);
}
