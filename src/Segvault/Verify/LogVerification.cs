using Segvault.Repositories;

namespace Segvault.Verify;

/// <summary>Verifies the log: every entry is read and fits the one before it, and every checkpoint says what folding says.</summary>
internal sealed class LogVerification(RepositoryObjects repository, ProblemList problems)
{
    /// <summary>Folds the whole log and trusts no checkpoint, except where the log itself is damaged and a checkpoint still knows what stood in it.</summary>
    /// <exception cref="UnsupportedFormatException">The log goes on with what only a newer version understands.</exception>
    public async Task<LogState> RunAsync(CancellationToken cancellationToken)
    {
        var (whole, wrong) = await CheckpointVerification.RunAsync(repository, cancellationToken).ConfigureAwait(false);
        if (whole.Obstacle is not (null or DamageException))
            throw whole.Obstacle;
        foreach (var (name, problem) in wrong)
            problems.Add(name, $"The checkpoint {name} {problem}.");
        if (whole.Obstacle is not DamageException damage)
            return whole;
        problems.Add(damage.DamagedObject, damage.Message);
        var known = await repository.Log.FoldAsync(cancellationToken).ConfigureAwait(false);
        return known.NextNumber > whole.NextNumber ? known : whole;
    }
}
