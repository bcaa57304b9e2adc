namespace Segvault.Archives.Compression;

/// <summary>Blocks that are compressed or decompressed at the moment, on all cores, and come out in the order in which they went in.</summary>
internal sealed class BlocksInFlight : IAsyncDisposable
{
    /// <summary>Two more than there are cores, so that none waits for the caller; bounded, and with it the memory, on large machines.</summary>
    private static readonly int Limit = Math.Min(Environment.ProcessorCount, 30) + 2;

    private readonly Queue<Task<PooledBytes>> _tasks = new();

    public bool IsEmpty => _tasks.Count == 0;

    public bool IsFull => _tasks.Count >= Limit;

    /// <summary>Whether the next block can be taken without waiting.</summary>
    public bool IsNextReady => _tasks.TryPeek(out var next) && next.IsCompleted;

    /// <summary>Starts the work on a block; it frees what it was given.</summary>
    public void Add(Func<PooledBytes> work) => _tasks.Enqueue(Task.Run(work, CancellationToken.None));

    /// <summary>The oldest block, which the caller frees.</summary>
    public Task<PooledBytes> TakeAsync() => _tasks.Dequeue();

    /// <summary>Waits for all, so that nobody uses a codec or a buffer that was given back.</summary>
    public async ValueTask DisposeAsync()
    {
        while (_tasks.TryDequeue(out var task))
        {
            await ((Task)task).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (task.IsCompletedSuccessfully)
                (await task.ConfigureAwait(false)).Dispose();
        }
    }
}
