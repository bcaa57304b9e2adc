using System.CommandLine;
using Segvault.Cli.Input;
using Segvault.Cli.Output;
using Segvault.Cli.Reports;
using Segvault.Engines;

namespace Segvault.Cli.Commands;

internal sealed class InspectCommand : SegvaultCommand
{
    private readonly Argument<string> _index = CommonOptions.Required("INDEX", "The index directory.");

    public InspectCommand()
        : base("inspect", "Look at an index: engine, segments, documents, orphans, a live writer, checksums. Needs no repository.") => Add(_index);

    public override async Task<int> RunAsync(Invocation run, CancellationToken cancellationToken)
    {
        var inspection = await InspectAsync(run, run.Get(_index), cancellationToken);
        var exit = inspection.Problems.IsEmpty ? ExitCodes.Done : ExitCodes.Damaged;
        run.Output.Finish(
            InspectLine.From(inspection, run.Elapsed), CliJson.Lines.InspectLine, exit, people => InspectText.Write(people, inspection), isData: true);
        return exit;
    }

    /// <summary>Finds out what an index directory holds, and checks every byte of it.</summary>
    /// <exception cref="NotAnIndexException">No engine knows it.</exception>
    public static async Task<IndexInspection> InspectAsync(Invocation run, string index, CancellationToken cancellationToken)
    {
        var directory = Path.GetFullPath(index);
        var engine = IndexEngines.Detect(directory) ?? throw new NotAnIndexException(
            directory,
            $"{directory} is not an index of any engine known here: {string.Join(", ", IndexEngines.All.Select(known => known.Name))}.",
            "Name the directory that holds the index's own files, such as Tantivy's meta.json.");
        return await run.ShowProgressAsync(progress => engine.InspectAsync(directory, readContent: true, progress, cancellationToken).AsTask());
    }
}
