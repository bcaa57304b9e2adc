using System.CommandLine;
using Segvault.Cli.Input;
using Segvault.Cli.Output;
using Segvault.Cli.Reports;
using static Segvault.Cli.Input.CommonOptions;

namespace Segvault.Cli.Commands;

/// <summary>What <c>verify --repair</c> does, and its options.</summary>
internal sealed class RepairSteps
{
    private readonly Option<bool> _repair = Flag("--repair", "Read everything, and repair what is damaged.");
    private readonly Option<string[]> _from = new("--from")
    {
        Description = "With --repair: an index that may still have what the repository lost. May be given several times.",
        HelpName = "INDEX",
        Arity = ArgumentArity.OneOrMore,
    };

    private readonly Option<string> _fromRepository = Text("--from-repository", "REPO", "With --repair: another repository that may have what this one lost.");
    private readonly Option<bool> _dryRun = Flag("--dry-run", "With --repair: say what would be repaired, and change nothing.");

    public IEnumerable<Option> All => [_repair, _from, _fromRepository, _dryRun];

    /// <summary>True when a repair was asked for.</summary>
    /// <exception cref="UsageException">An option was given that goes with a repair alone.</exception>
    public bool IsWanted(Invocation run)
    {
        var wanted = run.Get(_repair);
        Option[] given = [.. run.Get(_from).Count > 0 ? [_from] : (Option[])[], .. run.Get(_fromRepository) is not null ? [_fromRepository] : (Option[])[], .. run.Get(_dryRun) ? [_dryRun] : (Option[])[]];
        return wanted || given.Length == 0
            ? wanted
            : throw new UsageException($"{given[0].Name} goes with --repair.", "Give --repair too, or leave it away.");
    }

    public async Task<int> RunAsync(Invocation run, string command, CancellationToken cancellationToken)
    {
        var directory = run.RepositoryDirectory;
        var from = run.Get(_from);
        if (from.Contains("", StringComparer.Ordinal))
        {
            throw new UsageException($"{_from.Name} is empty.", "Give an index directory, or leave the option away.");
        }

        var other = run.Get(_fromRepository) is { } text ? Locations.RepositoryDirectory(text) : null;
        await using var repository = await BackupRepository.OpenForRepairAsync(directory, cancellationToken);
        await using var source = other is null ? null : await BackupRepository.OpenAsync(other, cancellationToken);
        var options = new RepairOptions { Indexes = [.. from.Select(Path.GetFullPath)], Repository = source };
        var report = await run.ShowProgressAsync(progress => run.Get(_dryRun)
            ? repository.PlanRepairAsync(options, progress, cancellationToken)
            : repository.RepairAsync(options, progress, cancellationToken));
        var exit = report.Outcome switch
        {
            RepairOutcome.Sound => ExitCodes.Done,
            RepairOutcome.Repaired => ExitCodes.Repaired,
            _ => ExitCodes.Damaged,
        };
        run.Output.Finish(RepairLine.From(command, report), CliJson.Lines.RepairLine, exit, people => RepairText.Write(people, report), isData: report.DryRun);
        return exit;
    }
}
