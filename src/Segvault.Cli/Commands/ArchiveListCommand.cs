using System.CommandLine;
using Segvault.Cli.Input;
using Segvault.Cli.Output;
using Segvault.Cli.Reports;

namespace Segvault.Cli.Commands;

internal sealed class ArchiveListCommand : SegvaultCommand
{
    private readonly Argument<string> _directory = CommonOptions.Required("DIR", "The directory of archives.");
    private readonly BaseOptions _bases = new();

    public ArchiveListCommand()
        : base("list", "List the archives in a directory, oldest first, and what each needs.")
    {
        Add(_directory);
        foreach (var option in _bases.All)
        {
            Add(option);
        }
    }

    public override async Task<int> RunAsync(Invocation run, CancellationToken cancellationToken)
    {
        var path = ArchivePaths.ExistingDirectory(run.Get(_directory));
        var directory = ArchiveDirectory.Open(path, new ArchiveOptions { BaseDirectories = _bases.Read(run) }, create: false);
        var manager = new BackupManager(directory, run.ManagerOptions());
        var backups = new List<BackupSummary>();
        IReadOnlyList<ArchiveProblemLine> problems = [];
        try
        {
            await foreach (var backup in manager.ListBackupsAsync(cancellationToken: cancellationToken))
            {
                backups.Add(backup);
            }
        }
        catch (SegvaultException first)
        {
            problems = await FindUnreadableAsync(manager, first, cancellationToken);
        }

        var exit = problems.Count == 0 ? ExitCodes.Done : ExitCodes.Damaged;
        var line = new ArchiveListLine([.. backups.Select(ListedArchive.From)], problems);
        run.Output.Finish(line, CliJson.Lines.ArchiveListLine, exit, people => ArchiveListText.Write(people, backups, problems), isData: true);
        return exit;
    }

    /// <summary>A list names the first archive that cannot be read; a look at the structure names all. What harms no backup is no backup itself.</summary>
    private static async Task<IReadOnlyList<ArchiveProblemLine>> FindUnreadableAsync(BackupManager manager, SegvaultException first, CancellationToken cancellationToken)
    {
        var report = await manager.VerifyBackupsAsync(cancellationToken: cancellationToken);
        var unreadable = report.Problems.Where(problem => problem.Backups.IsEmpty).Select(problem => new ArchiveProblemLine(problem.Object, problem.Problem)).ToList();
        return unreadable.Count > 0 ? unreadable : [new ArchiveProblemLine((first as DamageException)?.DamagedObject ?? "", first.Message)];
    }
}
