using System.Collections.Immutable;
using System.CommandLine;
using Segvault.Cli.Input;
using Segvault.Cli.Output;
using Segvault.Cli.Reports;

namespace Segvault.Cli.Commands;

internal sealed class ArchiveVerifyCommand : SegvaultCommand
{
    private readonly Argument<string[]> _archives = new("ARCHIVE")
    {
        Description = "The archives to verify, by their paths; a directory stands for all archives in it.",
        Arity = ArgumentArity.OneOrMore,
    };

    private readonly BaseOptions _bases = new();

    public ArchiveVerifyCommand()
        : base("verify", "Verify archives and those that they need: every byte is read, decompressed and hashed.")
    {
        Add(_archives);
        foreach (var option in _bases.All)
        {
            Add(option);
        }
    }

    public override async Task<int> RunAsync(Invocation run, CancellationToken cancellationToken)
    {
        var archives = run.Get(_archives).Select(Full).ToImmutableArray();
        var bases = _bases.Read(run);
        var first = Directory.Exists(archives[0]) ? archives[0] : ArchivePaths.DirectoryAround(archives[0]);
        var manager = new BackupManager(ArchiveDirectory.Open(first, new ArchiveOptions { BaseDirectories = bases }, create: false), run.ManagerOptions());
        var options = new VerifyOptions { Level = VerifyLevel.Data, Archives = archives };
        var report = await run.ShowProgressAsync(progress => manager.VerifyBackupsAsync(options, progress, cancellationToken));
        var exit = report.Problems.IsEmpty ? ExitCodes.Done : ExitCodes.Damaged;
        run.Output.Finish(VerifyLine.From(this.FullName(), report), CliJson.Lines.VerifyLine, exit, people => ArchiveVerifyText.Write(people, report));
        return exit;
    }

    private static string Full(string archive) => archive.Length > 0
        ? Path.GetFullPath(archive)
        : throw new UsageException("ARCHIVE is empty.", "Give a path.");
}
