using System.CommandLine;
using Segvault.Cli.Input;
using Segvault.Cli.Output;
using Segvault.Cli.Reports;
using static Segvault.Cli.Input.CommonOptions;

namespace Segvault.Cli.Commands;

internal sealed class StatusCommand : SegvaultCommand
{
    private readonly Option<string> _name = Text("--name", "NAME", "Only this index.");
    private readonly Option<string> _maxAge = Text("--max-age", "DURATION", "How old the newest backup of an index may be, such as 26h.");
    private readonly Option<string> _provenWithin = Text("--proven-within", "DURATION", "How old the newest backup may be that a drill has proven, such as 8d.");

    public StatusCommand()
        : base("status", "Tell in one line whether every index has a backup that is new enough, proven and beyond doubt.")
    {
        Add(_name);
        Add(_maxAge);
        Add(_provenWithin);
    }

    public override async Task<int> RunAsync(Invocation run, CancellationToken cancellationToken)
    {
        var directory = run.RepositoryDirectory;
        var options = new StatusOptions
        {
            Name = run.Get(_name),
            MaxAge = run.Get(_maxAge) is { } age ? Durations.Parse(age, _maxAge.Name) : null,
            ProvenWithin = run.Get(_provenWithin) is { } within ? Durations.Parse(within, _provenWithin.Name) : null,
        };
        await using var repository = await BackupRepository.OpenAsync(directory, cancellationToken);
        var status = await repository.GetStatusAsync(options, cancellationToken);
        var exit = status.IsHealthy ? ExitCodes.Done : ExitCodes.Unproven;
        run.Output.Finish(StatusLine.From(status), CliJson.Lines.StatusLine, exit, people => StatusText.Write(people, status), isData: true);
        return exit;
    }
}
