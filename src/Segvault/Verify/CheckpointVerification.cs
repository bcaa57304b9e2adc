using Segvault.Repositories;

namespace Segvault.Verify;

/// <summary>Compares every checkpoint with what folding the log says.</summary>
internal sealed class CheckpointVerification
{
    private readonly CheckpointStore _checkpoints;
    private readonly List<(string Name, Checkpoint Checkpoint)> _read = [];
    private readonly List<WrongCheckpoint> _wrong = [];

    private CheckpointVerification(RepositoryObjects repository) => _checkpoints = new CheckpointStore(repository.Store, repository.Id);

    /// <summary>Folds the whole log, as far as it goes, and names the checkpoints that are damaged or do not say the same.</summary>
    public static async Task<(LogState Whole, IReadOnlyList<WrongCheckpoint> Wrong)> RunAsync(RepositoryObjects repository, CancellationToken cancellationToken)
    {
        var verification = new CheckpointVerification(repository);
        await verification.ReadAsync(cancellationToken).ConfigureAwait(false);
        var numbers = verification._read.Select(entry => entry.Checkpoint.Number).ToHashSet();
        var folded = new Dictionary<long, LogState>();
        var whole = await repository.Log.FoldWholeAsync(
            cancellationToken,
            passing: state =>
            {
                if (numbers.Contains(state.NextNumber - 1))
                    folded[state.NextNumber - 1] = state;
            }).ConfigureAwait(false);
        foreach (var (name, checkpoint) in verification._read)
        {
            if (Compare(checkpoint, folded.GetValueOrDefault(checkpoint.Number), whole) is { } problem)
                verification._wrong.Add(new WrongCheckpoint(name, problem));
        }

        return (whole, verification._wrong);
    }

    private async Task ReadAsync(CancellationToken cancellationToken)
    {
        foreach (var name in await _checkpoints.ListAsync(cancellationToken).ConfigureAwait(false))
        {
            var (checkpoint, problem) = await _checkpoints.ReadAsync(name, cancellationToken).ConfigureAwait(false);
            if (checkpoint is not null)
                _read.Add((name, checkpoint));
            else if (problem is not null)
                _wrong.Add(new WrongCheckpoint(name, problem));
        }
    }

    private static string? Compare(Checkpoint checkpoint, LogState? folded, LogState whole)
    {
        // Entries that were lost and passed over later were not lost yet when this was written.
        if (whole.Skipped.Any(lost => lost.First <= checkpoint.Number && !checkpoint.Skipped.Contains(lost)))
            return null;
        if (folded is null && checkpoint.Number >= whole.NextNumber)
        {
            // Written after the log was read, or the log cannot be read so far, or it was rolled back since.
            return whole.Obstacle is null && checkpoint.Number > whole.NextNumber + CheckpointStore.Interval
                ? $"is of entry {checkpoint.Number}, and the log has {whole.NextNumber}"
                : null;
        }

        return folded is null || !Checkpoint.Of(folded).ToJson().AsSpan().SequenceEqual(checkpoint.ToJson())
            ? $"does not say what the log says up to entry {checkpoint.Number}"
            : null;
    }
}

/// <summary>A checkpoint that must not be used.</summary>
/// <param name="Name">Its name in the store.</param>
/// <param name="Problem">What is wrong with it, said of it.</param>
internal readonly record struct WrongCheckpoint(string Name, string Problem);
