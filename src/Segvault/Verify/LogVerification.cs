using Segvault.Repositories;

namespace Segvault.Verify;

/// <summary>Verifies the log: every entry is read and fits the one before it, and every checkpoint says what folding says.</summary>
internal sealed class LogVerification(RepositoryObjects repository, ProblemList problems)
{
    private readonly CheckpointStore _checkpoints = new(repository.Store, repository.Id);

    /// <summary>Folds the whole log and trusts no checkpoint, except where the log itself is damaged and a checkpoint still knows what stood in it.</summary>
    /// <exception cref="UnsupportedFormatException">The log goes on with what only a newer version understands.</exception>
    public async Task<LogState> RunAsync(CancellationToken cancellationToken)
    {
        var checkpoints = await ReadCheckpointsAsync(cancellationToken).ConfigureAwait(false);
        var folded = new Dictionary<long, LogState>();
        var whole = await repository.Log.FoldWholeAsync(
            cancellationToken,
            passing: state =>
            {
                if (checkpoints.ContainsKey(state.NextNumber - 1))
                    folded[state.NextNumber - 1] = state;
            }).ConfigureAwait(false);
        if (whole.Obstacle is not (null or DamageException))
            throw whole.Obstacle;
        foreach (var (number, ofNumber) in checkpoints)
        {
            foreach (var (name, checkpoint) in ofNumber)
                Compare(name, checkpoint, folded.GetValueOrDefault(number), whole);
        }

        if (whole.Obstacle is not DamageException damage)
            return whole;
        problems.Add(damage.DamagedObject, damage.Message);
        var known = await repository.Log.FoldAsync(cancellationToken).ConfigureAwait(false);
        return known.NextNumber > whole.NextNumber ? known : whole;
    }

    private async Task<Dictionary<long, List<(string Name, Checkpoint Checkpoint)>>> ReadCheckpointsAsync(CancellationToken cancellationToken)
    {
        var checkpoints = new Dictionary<long, List<(string Name, Checkpoint Checkpoint)>>();
        foreach (var name in await _checkpoints.ListAsync(cancellationToken).ConfigureAwait(false))
        {
            var (checkpoint, problem) = await _checkpoints.ReadAsync(name, cancellationToken).ConfigureAwait(false);
            if (checkpoint is null)
            {
                // Whoever writes a new one deletes old ones.
                if (await repository.Store.GetLengthAsync(name, cancellationToken).ConfigureAwait(false) is not null)
                    problems.Add(name, $"The checkpoint {name} {problem}.");
                continue;
            }

            if (!checkpoints.TryGetValue(checkpoint.Number, out var ofNumber))
                checkpoints.Add(checkpoint.Number, ofNumber = []);
            ofNumber.Add((name, checkpoint));
        }

        return checkpoints;
    }

    private void Compare(string name, Checkpoint checkpoint, LogState? folded, LogState whole)
    {
        // Entries that were lost and passed over later were not lost yet when this was written.
        if (whole.Skipped.Any(lost => lost.First <= checkpoint.Number && !checkpoint.Skipped.Contains(lost)))
            return;
        if (folded is null && checkpoint.Number >= whole.NextNumber)
        {
            // Written after the log was read, or the log cannot be read so far, or it was rolled back since.
            if (whole.Obstacle is null && checkpoint.Number > whole.NextNumber + CheckpointStore.Interval)
                problems.Add(name, $"The checkpoint {name} is of entry {checkpoint.Number}, and the log has {whole.NextNumber}.");
            return;
        }

        if (folded is null || !Checkpoint.Of(folded).ToJson().AsSpan().SequenceEqual(checkpoint.ToJson()))
            problems.Add(name, $"The checkpoint {name} does not say what the log says up to entry {checkpoint.Number}.");
    }
}
