namespace Segvault.Cli.Reports;

/// <summary>What programs and people are told of the library's kinds.</summary>
internal static class Names
{
    public static string Of(BackupType type) => type == BackupType.Full ? "full" : "incremental";

    public static string Of(VerifyLevel level) => level switch
    {
        VerifyLevel.Objects => "objects",
        VerifyLevel.Structure => "structure",
        _ => "data",
    };

    public static string Of(RestoreMethod method) => method switch
    {
        RestoreMethod.Create => "create",
        RestoreMethod.Exchange => "exchange",
        _ => "in-place",
    };
}
