using Segvault.Repositories;

namespace Segvault.Archives;

/// <summary>Stores what an archive holds as a backup of a repository.</summary>
internal sealed class ImportRunner(RepositoryObjects repository, ImportOptions options, TimeProvider timeProvider, IProgress<OperationProgress>? progress)
{
    public Task<ImportResult> RunAsync(string archive, CancellationToken cancellationToken)
    {
        _ = (repository, options, timeProvider, progress, archive, cancellationToken);
        throw new NotSupportedException();
    }
}
