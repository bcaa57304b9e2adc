using System.Text;
using Segvault.Storage;

namespace Segvault.Repositories;

/// <summary>
/// Finds out whether a store really creates an object only if it is absent: some say so and overwrite. Two puts of one name must end in success,
/// then refusal; of eight racing puts exactly one may succeed. A store that fails this cannot hold a repository.
/// </summary>
internal static class StoreProbe
{
    private const int Racers = 8;

    public static async Task RunAsync(ObjectStore store, CancellationToken cancellationToken)
    {
        var twice = $"{Leftovers.Probes}{ObjectId.NewRandom()}";
        var raced = $"{Leftovers.Probes}{ObjectId.NewRandom()}";
        try
        {
            var first = await PutAsync(store, twice, 1, cancellationToken).ConfigureAwait(false);
            var second = await PutAsync(store, twice, 2, cancellationToken).ConfigureAwait(false);
            var winners = (await Task.WhenAll(Enumerable.Range(0, Racers).Select(i => Task.Run(() => PutAsync(store, raced, i, cancellationToken), cancellationToken)))
                .ConfigureAwait(false)).Count(won => won);
            var kept = await store.ReadAsync(twice, cancellationToken).ConfigureAwait(false);
            if (!first || second || winners != 1 || kept is null || !kept.AsSpan().SequenceEqual(Content(1)))
            {
                throw new SegvaultException(
                    ErrorCode.StoreUnsuitable,
                    $"The store at {store.Location} does not create an object only if it is absent ({winners} of {Racers} racing writers of one name succeeded).",
                    "Two backups at once could destroy each other there. Use another store or file system.");
            }
        }
        finally
        {
            await store.DeleteAsync(twice, CancellationToken.None).ConfigureAwait(false);
            await store.DeleteAsync(raced, CancellationToken.None).ConfigureAwait(false);
        }
    }

    private static async Task<bool> PutAsync(ObjectStore store, string name, int writer, CancellationToken cancellationToken) =>
        await store.PutIfAbsentAsync(name, Content(writer), cancellationToken).ConfigureAwait(false);

    private static byte[] Content(int writer) => Encoding.UTF8.GetBytes($"probe of writer {writer}\n");
}
