using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using Segvault.Cli.Reports;

namespace Segvault.Cli.Output;

/// <summary>How the lines of <c>--json</c> are written.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, GenerationMode = JsonSourceGenerationMode.Metadata)]
[JsonSerializable(typeof(ProgressLine))]
[JsonSerializable(typeof(WarningLine))]
[JsonSerializable(typeof(ErrorLine))]
[JsonSerializable(typeof(InitLine))]
[JsonSerializable(typeof(BackupLine))]
[JsonSerializable(typeof(ListLine))]
[JsonSerializable(typeof(ShowLine))]
[JsonSerializable(typeof(RestoreLine))]
[JsonSerializable(typeof(VerifyLine))]
[JsonSerializable(typeof(StatusLine))]
[JsonSerializable(typeof(DrillLine))]
[JsonSerializable(typeof(ConfirmLine))]
[JsonSerializable(typeof(DeleteLine))]
[JsonSerializable(typeof(UndeleteLine))]
[JsonSerializable(typeof(PruneLine))]
[JsonSerializable(typeof(GcLine))]
[JsonSerializable(typeof(RepairLine))]
[JsonSerializable(typeof(ArchiveCreateLine))]
[JsonSerializable(typeof(ArchiveListLine))]
[JsonSerializable(typeof(ExportLine))]
[JsonSerializable(typeof(ImportLine))]
[JsonSerializable(typeof(InspectLine))]
[JsonSerializable(typeof(DemoLine))]
[JsonSerializable(typeof(SnapshotLine))]
[JsonSerializable(typeof(DiffLine))]
[JsonSerializable(typeof(StoreTestLine))]
internal sealed partial class CliJson : JsonSerializerContext
{
    /// <summary>The lines go to programs and terminals, never into HTML: paths and names stay readable.</summary>
    public static CliJson Lines { get; } = new(new JsonSerializerOptions
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    });
}
