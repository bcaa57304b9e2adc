using System.Threading.Channels;

namespace Segvault.Chunks;

/// <summary>
/// Pieces of work that are handed over in order, done on all cores, and taken in the same order. The content under way is bounded: who hands over waits
/// for who takes, and what is very large is alone.
/// </summary>
internal sealed class OrderedWork<T> : IDisposable
    where T : IDisposable
{
    /// <summary>Content in bytes that makes a piece worth handing to another thread.</summary>
    public const int UsualLength = 1024 * 1024;

    /// <summary>How many pieces of that length may be under way.</summary>
    private static readonly int Most = Math.Clamp(Environment.ProcessorCount + 4, 6, 10);

    private readonly Channel<Piece> _pieces = Channel.CreateUnbounded<Piece>(new UnboundedChannelOptions { SingleReader = true, SingleWriter = true });
    private readonly SemaphoreSlim _room = new(Most);

    private OrderedWork()
    {
    }

    /// <summary>Runs until everything that <paramref name="handOver"/> adds was taken. When either fails nothing is under way any more, and no buffer in use.</summary>
    public static async Task RunAsync(Func<OrderedWork<T>, CancellationToken, Task> handOver, Func<T, ValueTask> take, CancellationToken cancellationToken)
    {
        using var work = new OrderedWork<T>();
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var handing = Task.Run(() => work.HandOverAsync(handOver, stop.Token), CancellationToken.None);
        try
        {
            await foreach (var piece in work._pieces.Reader.ReadAllAsync(CancellationToken.None).ConfigureAwait(false))
            {
                using (var done = await piece.Work.ConfigureAwait(false))
                    await take(done).ConfigureAwait(false);
                work._room.Release(piece.Room);
            }
        }
        catch
        {
            await stop.CancelAsync().ConfigureAwait(false);
            throw;
        }
        finally
        {
            await handing.ConfigureAwait(false);
            while (work._pieces.Reader.TryRead(out var piece))
                await DiscardAsync(piece.Work).ConfigureAwait(false);
        }
    }

    /// <summary>Begins a piece of work as soon as there is room for its content.</summary>
    public async ValueTask AddAsync(Func<Task<T>> work, int contentLength, CancellationToken cancellationToken)
    {
        var room = Math.Clamp((contentLength + UsualLength - 1) / UsualLength, 1, Most);
        for (var i = 0; i < room; i++)
            await _room.WaitAsync(cancellationToken).ConfigureAwait(false);
        await _pieces.Writer.WriteAsync(new Piece(Task.Run(work, CancellationToken.None), room), CancellationToken.None).ConfigureAwait(false);
    }

    public void Dispose() => _room.Dispose();

    private async Task HandOverAsync(Func<OrderedWork<T>, CancellationToken, Task> handOver, CancellationToken cancellationToken)
    {
        try
        {
            await handOver(this, cancellationToken).ConfigureAwait(false);
            _pieces.Writer.Complete();
        }
        catch (Exception exception)
        {
            // Reaches the caller through who takes, and reads to the end.
            _pieces.Writer.Complete(exception);
        }
    }

    private static async Task DiscardAsync(Task<T> piece)
    {
        try
        {
            (await piece.ConfigureAwait(false)).Dispose();
        }
        catch (Exception)
        {
            // The failure that stopped everything is the one to tell.
        }
    }
    private readonly record struct Piece(Task<T> Work, int Room);
}
