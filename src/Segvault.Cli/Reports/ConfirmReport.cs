using Segvault.Cli.Output;

namespace Segvault.Cli.Reports;

internal sealed record ConfirmLine(IReadOnlyList<ListedBackup> Backups) : SummaryLine("confirm")
{
    public static ConfirmLine From(IEnumerable<BackupSummary> backups) => new([.. backups.Select(ListedBackup.From)]);
}

/// <summary>What people are told of a confirmation.</summary>
internal static class ConfirmText
{
    public static void Write(HumanWriter people, IEnumerable<BackupSummary> backups)
    {
        foreach (var backup in backups)
        {
            people.Say($"Backup {backup.Id.ToShortString()} of '{backup.Name}' is confirmed: {(backup.Flags.IsEmpty ? "it is not marked" : string.Join(", ", backup.Flags))}.");
        }
    }
}
