using System.Collections.Immutable;
using Segvault.Storage.Conformance;

namespace Segvault.Storage;

/// <summary>
/// Tries out whether a store does all that <see cref="ObjectStore"/> promises: for the authors of stores, and for the places that people keep them in.
/// It works under names of its own, beside a repository in use, and leaves the store as it was.
/// </summary>
public static class StoreConformance
{
    /// <summary>The names of all checks, in the order in which they run.</summary>
    public static ImmutableArray<string> Checks { get; } = [.. StoreCheck.All.Select(check => check.Name)];

    /// <summary>Runs every check.</summary>
    /// <param name="open">Opens a client of the place. Called twice; both are disposed of.</param>
    /// <param name="options">How much is tried; null means the defaults.</param>
    /// <param name="progress">Receives each result as it is there.</param>
    /// <param name="cancellationToken">Stops between two calls of the store; what was written is removed all the same.</param>
    /// <returns>What was found. A store that fails is a problem in the report and no exception.</returns>
    public static Task<StoreConformanceReport> RunAsync(
        Func<ObjectStore> open, StoreConformanceOptions? options = null, IProgress<StoreCheckResult>? progress = null, CancellationToken cancellationToken = default) =>
        RunAsync(open, StoreCheck.All, options, progress, cancellationToken);

    /// <summary>Runs one check, by its name.</summary>
    /// <inheritdoc cref="RunAsync(Func{ObjectStore}, StoreConformanceOptions?, IProgress{StoreCheckResult}?, CancellationToken)"/>
    /// <param name="check">One of <see cref="Checks"/>.</param>
    /// <param name="open"/><param name="options"/><param name="cancellationToken"/>
    /// <exception cref="ArgumentException">There is no such check.</exception>
    public static async Task<StoreCheckResult> RunOneAsync(
        string check, Func<ObjectStore> open, StoreConformanceOptions? options = null, CancellationToken cancellationToken = default)
    {
        var chosen = StoreCheck.All.FirstOrDefault(one => one.Name == check) ?? throw new ArgumentException($"There is no check '{check}'.", nameof(check));
        return (await RunAsync(open, [chosen], options, null, cancellationToken).ConfigureAwait(false)).Checks[0];
    }

    private static async Task<StoreConformanceReport> RunAsync(
        Func<ObjectStore> open, IReadOnlyList<StoreCheck> checks, StoreConformanceOptions? options, IProgress<StoreCheckResult>? progress, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(open);
        var started = TimeProvider.System.GetTimestamp();
        var results = ImmutableArray.CreateBuilder<StoreCheckResult>();
        var store = open();
        await using (store.ConfigureAwait(false))
        {
            var other = open();
            await using (other.ConfigureAwait(false))
            {
                foreach (var check in checks)
                {
                    var room = new StoreRoom(store, other, options ?? new StoreConformanceOptions(), cancellationToken);
                    results.Add(await TryAsync(check, room).ConfigureAwait(false));
                    progress?.Report(results[^1]);
                }

                return new StoreConformanceReport { Location = store.Location, Checks = results.ToImmutable(), Elapsed = TimeProvider.System.GetElapsedTime(started) };
            }
        }
    }

    private static async Task<StoreCheckResult> TryAsync(StoreCheck check, StoreRoom room)
    {
        var started = TimeProvider.System.GetTimestamp();
        var problem = await FindProblemAsync(() => check.RunAsync(room)).ConfigureAwait(false);
        var left = await FindProblemAsync(room.ClearAsync).ConfigureAwait(false);
        room.Token.ThrowIfCancellationRequested();
        return new StoreCheckResult(check.Name, check.Rule, problem ?? left, TimeProvider.System.GetElapsedTime(started));
    }

    private static async Task<string?> FindProblemAsync(Func<Task> action)
    {
        try
        {
            await action().ConfigureAwait(false);
            return null;
        }
        catch (BrokenRuleException broken)
        {
            return broken.Message;
        }
        catch (Exception exception)
        {
            return $"The store failed: {exception.Message} ({exception.GetType().Name})";
        }
    }
}
