using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using Segvault.Storage;

namespace Segvault.Testing.Stores;

/// <summary>An object store in memory: exactly what the contract says and nothing more. Tests damage its objects through <see cref="Objects"/>.</summary>
internal sealed class MemoryObjectStore : ObjectStore
{
    public ConcurrentDictionary<string, byte[]> Objects { get; } = new(StringComparer.Ordinal);

    /// <summary>When objects were written; one that a test put there itself is from the beginning of time.</summary>
    public ConcurrentDictionary<string, DateTimeOffset> Times { get; } = new(StringComparer.Ordinal);

    /// <summary>When objects say that they were written, where a test wants it otherwise.</summary>
    public Func<string, DateTimeOffset>? ModifiedAt { get; set; }

    /// <summary>Why what is in here is damaged on purpose, so that nobody asks at the end of a test whether it is whole; null when it is not.</summary>
    public string? DamagedBecause { get; set; }

    public override string Location => "memory";

    /// <summary>Names of the objects below a prefix, in order.</summary>
    public IReadOnlyList<string> NamesOf(string prefix) =>
        [.. Objects.Keys.Where(name => name.StartsWith(prefix, StringComparison.Ordinal)).Order(StringComparer.Ordinal)];

    /// <summary>A store of its own with the same content.</summary>
    public MemoryObjectStore Copy()
    {
        var copy = new MemoryObjectStore { DamagedBecause = DamagedBecause };
        foreach (var (name, content) in Objects)
            copy.Objects[name] = [.. content];
        foreach (var (name, time) in Times)
            copy.Times[name] = time;
        return copy;
    }

    public override ValueTask<ObjectUpload> CreateAsync(string name, CancellationToken cancellationToken)
    {
        Check(name, cancellationToken);
        return new(new Upload(this, name));
    }

    public override ValueTask<byte[]?> ReadAsync(string name, CancellationToken cancellationToken)
    {
        Check(name, cancellationToken);
        return new(Objects.TryGetValue(name, out var content) ? [.. content] : null);
    }

    public override ValueTask<int> ReadAsync(string name, long offset, Memory<byte> buffer, CancellationToken cancellationToken)
    {
        Check(name, cancellationToken);
        if (!Objects.TryGetValue(name, out var content))
            return new(-1);
        int length = (int)Math.Clamp(content.Length - offset, 0, buffer.Length);
        content.AsMemory((int)Math.Min(offset, content.Length), length).CopyTo(buffer);
        return new(length);
    }

    public override ValueTask<long?> GetLengthAsync(string name, CancellationToken cancellationToken)
    {
        Check(name, cancellationToken);
        return new(Objects.TryGetValue(name, out var content) ? content.Length : null);
    }

    public override async IAsyncEnumerable<StoredObject> ListAsync(string prefix, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await Task.CompletedTask;
        foreach (string name in NamesOf(prefix))
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (Objects.TryGetValue(name, out var content))
                yield return new StoredObject(name, content.Length, ModifiedAt?.Invoke(name) ?? Times.GetValueOrDefault(name, DateTimeOffset.UnixEpoch));
        }
    }

    public override ValueTask<bool> DeleteAsync(string name, CancellationToken cancellationToken)
    {
        Check(name, cancellationToken);
        return new(Objects.TryRemove(name, out _));
    }

    public override ValueTask BarrierAsync(CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return ValueTask.CompletedTask;
    }

    private static void Check(string name, CancellationToken cancellationToken)
    {
        if (!IsName(name))
            throw new ArgumentException($"'{name}' is not an object name.", nameof(name));
        cancellationToken.ThrowIfCancellationRequested();
    }

    private sealed class Upload(MemoryObjectStore store, string name) : ObjectUpload
    {
        private readonly MemoryStream _content = new();

        public override ValueTask WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
        {
            cancellationToken.ThrowIfCancellationRequested();
            _content.Write(bytes.Span);
            return ValueTask.CompletedTask;
        }

        public override ValueTask<bool> CompleteAsync(CancellationToken cancellationToken)
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (!store.Objects.TryAdd(name, _content.ToArray()))
                return new(false);
            store.Times[name] = TimeProvider.System.GetUtcNow();
            return new(true);
        }

        public override ValueTask DisposeAsync()
        {
            _content.Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
