using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Segvault.Repositories;

/// <summary>
/// <c>segvault.json</c>: what makes a directory a repository. Written once, never changed. Its checksum is the SHA-256 of the file with the
/// checksum's own digits replaced by zeros.
/// </summary>
internal sealed record RepositoryDescriptor
{
    public const string ObjectName = "segvault.json";
    private const string Magic = "segvault repository";
    private const string NoChecksum = "0000000000000000000000000000000000000000000000000000000000000000";

    [JsonPropertyName("what")]
    public string? What { get; init; }

    [JsonPropertyName("format")]
    public int Format { get; init; }

    [JsonPropertyName("id")]
    public string? RepositoryId { get; init; }

    [JsonPropertyName("created")]
    public DateTimeOffset Created { get; init; }

    /// <summary>How objects are encrypted; <c>none</c> is all that this version knows.</summary>
    [JsonPropertyName("suite")]
    public string? Suite { get; init; }

    /// <summary>Tells a wrong key from damage, once there are keys.</summary>
    [JsonPropertyName("keyCommitment")]
    public string? KeyCommitment { get; init; }

    [JsonPropertyName("checksum")]
    public string? Checksum { get; init; }

    [JsonIgnore]
    public ObjectId Id => ObjectId.Parse(RepositoryId!);

    public static RepositoryDescriptor New(TimeProvider timeProvider) => Of(ObjectId.NewRandom(), timeProvider.GetUtcNow());

    public static RepositoryDescriptor Of(ObjectId repository, DateTimeOffset created) => new()
    {
        What = Magic,
        Format = ObjectHeader.Format,
        RepositoryId = repository.ToString(),
        Created = created,
        Suite = "none",
        Checksum = NoChecksum,
    };

    public byte[] ToBytes()
    {
        var text = JsonSerializer.Serialize(this with { Checksum = NoChecksum }, RepositoryJson.Indented.RepositoryDescriptor) + "\n";
        return Encoding.UTF8.GetBytes(text.Replace(NoChecksum, Hash(text), StringComparison.Ordinal));
    }

    public static RepositoryDescriptor Parse(byte[] bytes, string location)
    {
        var text = Encoding.UTF8.GetString(bytes);
        RepositoryDescriptor? descriptor;
        try
        {
            descriptor = JsonSerializer.Deserialize(text, RepositoryJson.Default.RepositoryDescriptor);
        }
        catch (JsonException exception)
        {
            throw Damaged(location, "is not the JSON it should be", exception);
        }

        if (descriptor is not { What: Magic, Checksum: { Length: 64 } checksum })
            throw Damaged(location, "lacks parts of a repository's description");

        // First of all, so that a flipped bit in a number is not taken for a newer format: every format keeps this checksum.
        if (Hash(text.Replace(checksum, NoChecksum, StringComparison.Ordinal)) != checksum)
            throw Damaged(location, "does not match its own checksum: it was changed");
        if (descriptor.Format > ObjectHeader.Format)
            throw new UnsupportedFormatException($"The repository at {location} has format {descriptor.Format}; this version knows format {ObjectHeader.Format}.");
        if (descriptor is not { Format: ObjectHeader.Format, RepositoryId: { } id, Suite: not null } || !ObjectId.TryParse(id, out _))
            throw Damaged(location, "lacks parts of a repository's description");
        if (descriptor.Suite != "none")
            throw new UnsupportedFormatException($"The repository at {location} is encrypted ({descriptor.Suite}), which this version does not know.");
        return descriptor;
    }

    public static DamageException Damaged(string location, string problem, Exception? inner = null) => new(
        ErrorCode.RepositoryDamaged,
        ObjectName,
        $"{ObjectName} of the repository at {location} {problem}.",
        "Run `segvault verify --repair`, which writes it anew, or put it back from a copy of the repository: it never changes after `segvault init`.",
        inner);

    private static string Hash(string text) => Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(text))).ToLower(CultureInfo.InvariantCulture);
}
