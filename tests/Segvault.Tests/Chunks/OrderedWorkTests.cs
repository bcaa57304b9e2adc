using System.Collections.Concurrent;
using Segvault.Chunks;
using Xunit;

namespace Segvault.Tests.Chunks;

/// <summary>Pieces are done beside one another and taken in order; little of them is under way, and nothing when it is over.</summary>
public sealed class OrderedWorkTests
{
    private const int Megabyte = 1024 * 1024;

    private readonly ConcurrentDictionary<int, Piece> _pieces = [];
    private int _underWay;
    private int _most;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Pieces_are_taken_in_order_however_long_each_takes()
    {
        var taken = new List<int>();
        await RunAsync(200, number => Task.Delay(number % 7, Token), piece => taken.Add(piece.Number));
        Assert.Equal(Enumerable.Range(0, 200), taken);
        Assert.All(_pieces.Values, piece => Assert.True(piece.IsDisposed));
    }

    [Fact]
    public async Task Only_so_much_is_under_way()
    {
        await RunAsync(100, _ => Task.CompletedTask, _ => Thread.Sleep(1));
        Assert.InRange(_most, 2, 8);
    }

    [Fact]
    public async Task What_is_very_large_is_alone()
    {
        await RunAsync(20, _ => Task.Delay(1, Token), _ => Assert.Equal(1, Volatile.Read(ref _underWay)), length: 64 * Megabyte);
        Assert.Equal(1, _most);
    }

    [Theory]
    [InlineData("hand over")]
    [InlineData("work")]
    [InlineData("take")]
    public async Task A_failure_anywhere_ends_it_with_nothing_left_under_way(string where)
    {
        var failure = await Assert.ThrowsAsync<InvalidDataException>(() => RunAsync(
            100,
            number => where == "work" && number == 20 ? throw new InvalidDataException(where) : Task.CompletedTask,
            piece => _ = where == "take" && piece.Number == 20 ? throw new InvalidDataException(where) : 0,
            afterEach: number => _ = where == "hand over" && number == 20 ? throw new InvalidDataException(where) : 0));
        Assert.Equal(where, failure.Message);
        Assert.InRange(_pieces.Count, 20, 40);
        Assert.All(_pieces.Values, piece => Assert.True(piece.IsDisposed));
    }

    [Fact]
    public async Task Cancelling_ends_it()
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Token);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => RunAsync(
            int.MaxValue,
            _ => Task.CompletedTask,
            piece =>
            {
                if (piece.Number == 10)
                    stop.Cancel();
            },
            stop: stop));
        Assert.All(_pieces.Values, piece => Assert.True(piece.IsDisposed));
    }

    private Task RunAsync(
        int count, Func<int, Task> work, Action<Piece> take, int length = Megabyte, Action<int>? afterEach = null, CancellationTokenSource? stop = null) =>
        OrderedWork<Piece>.RunAsync(
            async (pieces, token) =>
            {
                for (var i = 0; i < count; i++)
                {
                    var number = i;
                    await pieces.AddAsync(
                        async () =>
                        {
                            var now = Interlocked.Increment(ref _underWay);
                            for (var most = _most; now > most; most = _most)
                                Interlocked.CompareExchange(ref _most, now, most);
                            try
                            {
                                await work(number);
                                return _pieces[number] = new Piece(number, () => Interlocked.Decrement(ref _underWay));
                            }
                            catch
                            {
                                Interlocked.Decrement(ref _underWay);
                                throw;
                            }
                        },
                        length,
                        token);
                    afterEach?.Invoke(number);
                }
            },
            piece =>
            {
                take(piece);
                return ValueTask.CompletedTask;
            },
            stop?.Token ?? Token);

    private sealed class Piece(int number, Action onDispose) : IDisposable
    {
        public int Number => number;

        public bool IsDisposed { get; private set; }

        public void Dispose()
        {
            IsDisposed = true;
            onDispose();
        }
    }
}
