using System.CommandLine;
using Segvault.Cli.Output;
using Segvault.Cli.Reports;
using static Segvault.Cli.Input.CommonOptions;

namespace Segvault.Cli.Commands;

internal sealed class DemoCommand : SegvaultCommand
{
    private readonly Argument<string> _index = Required("INDEX", "The index directory. It is not touched.");
    private readonly Option<string> _keep = Text("--keep", "DIR", "Work in this new or empty directory, and keep the repository and the restored index there.");

    public DemoCommand()
        : base("demo", "See the whole story on your own index: inspect, back up, verify, restore beside, compare. Touches nothing, leaves nothing.")
    {
        Add(_index);
        Add(_keep);
    }

    public override async Task<int> RunAsync(Invocation run, CancellationToken cancellationToken)
    {
        var index = Path.GetFullPath(run.Get(_index));
        using var scratch = ScratchDirectory.Create(run.Get(_keep));
        var line = await new DemoStory(run, index, scratch).TellAsync(cancellationToken);
        var exit = line.Problems.Count == 0 ? ExitCodes.Done : ExitCodes.Damaged;
        run.Output.Finish(line, CliJson.Lines.DemoLine, exit, people => DemoText.Write(people, line));
        return exit;
    }
}
