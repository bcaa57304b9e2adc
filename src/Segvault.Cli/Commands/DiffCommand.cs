using System.CommandLine;
using Segvault.Cli.Input;
using Segvault.Cli.Output;
using Segvault.Cli.Reports;
using static Segvault.Cli.Input.CommonOptions;

namespace Segvault.Cli.Commands;

internal sealed class DiffCommand : SegvaultCommand
{
    private readonly Argument<string> _first = Required("FIRST", "The backup to begin with: an id, its first four or more characters, or latest.");
    private readonly Argument<string> _second = Required("SECOND", "The backup to compare it with, named in the same way.");
    private readonly Option<string> _name = Text("--name", "NAME", "The index whose latest backup is meant.");

    public DiffCommand()
        : base("diff", "Show what differs between two backups: files, segments, documents.")
    {
        Add(_first);
        Add(_second);
        Add(_name);
    }

    public override async Task<int> RunAsync(Invocation run, CancellationToken cancellationToken)
    {
        var directory = run.RepositoryDirectory;
        var name = run.Get(_name);
        BackupChoice Choose(Argument<string> argument) => new(run.Get(argument), name) { CanName = true };
        var (first, second) = (Choose(_first), Choose(_second));
        await using var repository = await BackupRepository.OpenAsync(directory, cancellationToken);
        var manager = new BackupManager(repository, run.ManagerOptions());
        var comparison = await manager.CompareBackupsAsync(
            (await first.FindAsync(manager, cancellationToken)).Id, (await second.FindAsync(manager, cancellationToken)).Id, cancellationToken);
        run.Output.Finish(DiffLine.From(comparison), CliJson.Lines.DiffLine, ExitCodes.Done, people => DiffText.Write(people, comparison), isData: true);
        return ExitCodes.Done;
    }
}
