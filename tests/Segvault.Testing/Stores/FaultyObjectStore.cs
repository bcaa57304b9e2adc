using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using Segvault.IO.Native;
using Segvault.Storage;

namespace Segvault.Testing.Stores;

/// <summary>Records every call of another store, and lets a test make calls fail in every way or do something beside them.</summary>
internal sealed class FaultyObjectStore(ObjectStore inner) : ObjectStore
{
    private readonly ConcurrentQueue<Func<ValueTask<bool>>> _late = [];
    private int _calls;
    private int _injected;
    private volatile bool _isDead;

    public ConcurrentQueue<StoreCall> Calls { get; } = [];

    /// <summary>Decides about each call. May throw itself, or do what another client would do at that moment.</summary>
    public Func<StoreCall, Fault> OnCall { get; set; } = _ => Fault.None;

    /// <summary>Waited for before each call is passed on.</summary>
    public Func<StoreCall, Task> BeforeCall { get; set; } = _ => Task.CompletedTask;

    /// <summary>Places of flipped bits follow from it.</summary>
    public int Seed { get; set; }

    /// <summary>How many calls met a fault.</summary>
    public int Injected => _injected;

    /// <summary>True while something waits for <see cref="LandAsync"/>.</summary>
    public bool HasOnItsWay => !_late.IsEmpty;

    public override string Location => inner.Location;

    public void Forget()
    {
        Calls.Clear();
        _calls = 0;
    }

    /// <summary>Lets happen what dead clients had on its way.</summary>
    public async Task LandAsync()
    {
        while (_late.TryDequeue(out var completion))
            await completion();
    }

    public override ValueTask<ObjectUpload> CreateAsync(string name, CancellationToken cancellationToken) =>
        RunAsync<ObjectUpload>(StoreVerb.Create, name, async _ => new FaultyUpload(this, name, await inner.CreateAsync(name, cancellationToken)));

    public override ValueTask<byte[]?> ReadAsync(string name, CancellationToken cancellationToken) => RunAsync(StoreVerb.Read, name, async call =>
    {
        byte[]? content = await inner.ReadAsync(name, cancellationToken);
        if (content is { Length: > 0 } && call.Fault == Fault.FlipRead)
            Flip(content, call.Number);
        return content is { Length: > 0 } && call.Fault == Fault.ShortRead ? content[..^Cut(content.Length)] : content;
    });

    public override ValueTask<int> ReadAsync(string name, long offset, Memory<byte> buffer, CancellationToken cancellationToken) => RunAsync(StoreVerb.ReadRange, name, async call =>
    {
        int read = await inner.ReadAsync(name, offset, buffer, cancellationToken);
        if (read > 0 && call.Fault == Fault.FlipRead)
            Flip(buffer.Span[..read], call.Number);
        return read > 0 && call.Fault == Fault.ShortRead ? read - Cut(read) : read;
    });

    public override ValueTask<long?> GetLengthAsync(string name, CancellationToken cancellationToken) =>
        RunAsync(StoreVerb.Length, name, _ => inner.GetLengthAsync(name, cancellationToken));

    public override async IAsyncEnumerable<StoredObject> ListAsync(string prefix, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var listed = await RunAsync(StoreVerb.List, prefix, _ => inner.ListAsync(prefix, cancellationToken).ToListAsync(cancellationToken));
        foreach (var stored in listed)
            yield return stored;
    }

    public override ValueTask<bool> DeleteAsync(string name, CancellationToken cancellationToken) =>
        RunAsync(StoreVerb.Delete, name, _ => inner.DeleteAsync(name, cancellationToken));

    public override ValueTask<bool> AdoptAsync(string name, CancellationToken cancellationToken) =>
        RunAsync(StoreVerb.Adopt, name, _ => inner.AdoptAsync(name, cancellationToken));

    public override async ValueTask BarrierAsync(CancellationToken cancellationToken) => await RunAsync(StoreVerb.Barrier, "", async _ =>
    {
        await inner.BarrierAsync(cancellationToken);
        return true;
    });

    /// <summary>Makes one call, or what a fault leaves of it.</summary>
    internal async ValueTask<T> RunAsync<T>(StoreVerb verb, string name, Func<(int Number, Fault Fault), ValueTask<T>> action)
    {
        var call = new StoreCall(Interlocked.Increment(ref _calls) - 1, verb, name);
        Calls.Enqueue(call);
        await BeforeCall(call);
        if (_isDead)
            throw new IOException($"injected: {verb} {name} of a dead client");
        var fault = OnCall(call);
        if (fault != Fault.None)
            Interlocked.Increment(ref _injected);
        _isDead |= fault is Fault.Crash or Fault.CrashAfter or Fault.CrashAndLandLater;
        switch (fault)
        {
            case Fault.FailBefore or Fault.Crash:
                throw new IOException($"injected: {verb} {name} failed");
            case Fault.DiskFull:
                throw NativeError.For(OperatingSystem.IsWindows() ? Win32Error.DiskFull : Errno.NoSpace, "injected: write", name);
            case Fault.CrashAndLandLater:
                _late.Enqueue(async () => await action((call.Number, fault)) is true);
                throw new IOException($"injected: {verb} {name} is on its way");
            case Fault.Delay:
                await LetOthersPassAsync(call.Number);
                break;
            case Fault.Duplicate:
                await action((call.Number, fault));
                break;
        }

        var result = await action((call.Number, fault));
        return fault is Fault.FailAfter or Fault.CrashAfter ? throw new IOException($"injected: the reply to {verb} {name} was lost") : result;
    }

    /// <summary>How many of the last bytes are cut off.</summary>
    internal static int Cut(int length) => Math.Max(1, length / 3);

    private void Flip(Span<byte> content, int number)
    {
        var random = new Random(HashCode.Combine(Seed, number));
        content[random.Next(content.Length)] ^= (byte)(1 << random.Next(8));
    }

    private async Task LetOthersPassAsync(int number)
    {
        const int Patience = 100;
        for (int i = 0; i < Patience && _calls <= number + 1; i++)
            await Task.Yield();
    }
}
