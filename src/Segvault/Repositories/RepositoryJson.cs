using System.Text.Json;
using System.Text.Json.Serialization;

namespace Segvault.Repositories;

/// <summary>How the repository's JSON is written. Unknown members are skipped: fields are only ever added.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    RespectNullableAnnotations = true,
    UseStringEnumConverter = true)]
[JsonSerializable(typeof(RepositoryDescriptor))]
[JsonSerializable(typeof(LogEntry))]
[JsonSerializable(typeof(Checkpoint))]
[JsonSerializable(typeof(ManifestDocument))]
internal sealed partial class RepositoryJson : JsonSerializerContext
{
    public static RepositoryJson Indented { get; } = new(new JsonSerializerOptions { WriteIndented = true });
}
