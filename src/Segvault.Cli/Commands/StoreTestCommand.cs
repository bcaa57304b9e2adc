using System.CommandLine;
using Segvault.Cli.Output;
using Segvault.Cli.Reports;
using Segvault.Storage;

namespace Segvault.Cli.Commands;

internal sealed class StoreTestCommand : SegvaultCommand
{
    private readonly Option<bool> _quick = new("--quick") { Description = "Try less: for a store that is slow, or where every request is paid for." };

    public StoreTestCommand()
        : base("test", "Try out whether a place does what a repository needs, and leave it as it was.") => Add(_quick);

    public override async Task<int> RunAsync(Invocation run, CancellationToken cancellationToken)
    {
        var options = run.Get(_quick) ? StoreConformanceOptions.Quick : null;
        var report = await BackupRepository.TestStoreAsync(run.RepositoryDirectory, options, cancellationToken: cancellationToken);
        var exit = report.Passed ? ExitCodes.Done : ExitCodes.Failed;
        run.Output.Finish(StoreTestLine.From(this.FullName(), report), CliJson.Lines.StoreTestLine, exit, people => StoreTestText.Write(people, report));
        return exit;
    }
}
