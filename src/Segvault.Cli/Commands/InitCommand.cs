using Segvault.Cli.Output;
using Segvault.Cli.Reports;

namespace Segvault.Cli.Commands;

internal sealed class InitCommand() : SegvaultCommand("init", "Make a repository. An existing one is left as it is.")
{
    public override async Task<int> RunAsync(Invocation run, CancellationToken cancellationToken)
    {
        var directory = run.RepositoryDirectory;
        var created = false;
        BackupRepository repository;
        try
        {
            repository = await BackupRepository.OpenAsync(directory, cancellationToken);
        }
        catch (RepositoryNotFoundException)
        {
            repository = await BackupRepository.CreateAsync(directory, cancellationToken);
            created = true;
        }

        await using (repository)
        {
            var line = new InitLine(repository.Location, created);
            run.Output.Finish(line, CliJson.Lines.InitLine, ExitCodes.Done, line.Write);
            return ExitCodes.Done;
        }
    }
}
