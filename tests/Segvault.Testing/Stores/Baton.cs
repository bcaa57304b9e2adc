namespace Segvault.Testing.Stores;

/// <summary>
/// Lets several clients run by turns, one at a time: whoever has the baton runs until its next call of the store that others could notice, and then a
/// list of choices says who goes on. The same choices make the same history.
/// </summary>
internal sealed class Baton(IReadOnlyList<int> choices)
{
    private readonly Dictionary<int, Turn> _turns = [];
    private int _passed;

    /// <summary>Runs every client to its end.</summary>
    public async Task RunAsync(IReadOnlyList<Func<Task>> clients)
    {
        for (var client = 0; client < clients.Count; client++)
            _turns.Add(client, new Turn());
        var running = clients.Select((run, client) => RunAsync(_turns[client], run)).ToList();
        var current = 0;
        while (_turns.Where(turn => !turn.Value.IsOver).Select(turn => turn.Key).ToList() is { Count: > 0 } waiting)
        {
            // Without a choice left whoever runs goes on, which is the simplest history.
            current = _passed < choices.Count ? waiting[choices[_passed++] % waiting.Count] : waiting.Contains(current) ? current : waiting[0];
            await _turns[current].GoAsync();
        }

        await Task.WhenAll(running);
    }

    /// <summary>Waits for this client's next turn.</summary>
    public Task PassAsync(int client) => _turns[client].WaitAsync();

    /// <summary>True for a call by which one client can tell what another has done.</summary>
    public static bool IsNoticeable(StoreCall call) => call.Verb is StoreVerb.Complete or StoreVerb.Delete or StoreVerb.List or StoreVerb.Barrier;

    private static async Task RunAsync(Turn turn, Func<Task> run)
    {
        await turn.WaitAsync();
        try
        {
            await run();
        }
        finally
        {
            turn.End();
        }
    }

    private sealed class Turn
    {
        private readonly SemaphoreSlim _one = new(1);
        private readonly SemaphoreSlim _mayGo = new(0);
        private readonly SemaphoreSlim _stopped = new(0);
        private bool _hasBegun;

        public bool IsOver { get; private set; }

        /// <summary>Lets the client run until it waits again or ends.</summary>
        public async Task GoAsync()
        {
            _mayGo.Release();
            await _stopped.WaitAsync();
        }

        /// <summary>Calls that a client makes at once wait one after another.</summary>
        public async Task WaitAsync()
        {
            await _one.WaitAsync();
            if (_hasBegun)
                _stopped.Release();
            _hasBegun = true;
            await _mayGo.WaitAsync();
            _one.Release();
        }

        public void End()
        {
            IsOver = true;
            _stopped.Release();
        }
    }
}
