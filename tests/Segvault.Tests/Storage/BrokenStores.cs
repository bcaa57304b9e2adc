using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using Segvault.Storage;
using Segvault.Testing.Stores;

namespace Segvault.Tests.Storage;

/// <summary>For every rule of the conformance suite a store that breaks it, mostly as some real one does.</summary>
internal static class BrokenStores
{
    public static IReadOnlyDictionary<string, Func<MemoryObjectStore, ObjectStore>> ByCheck { get; } = new Dictionary<string, Func<MemoryObjectStore, ObjectStore>>(StringComparer.Ordinal)
    {
        ["one-winner"] = memory => new UploadsOtherwise(memory, name => new TellsEverybodyThatTheyWon(memory, name)),
        ["never-overwritten"] = memory => new UploadsOtherwise(memory, name => new Overwrites(memory, name, above: -1)),
        ["whole-or-absent"] = memory => new ReadsHalfAtFirst(memory),
        ["invisible-until-complete"] = memory => new UploadsOtherwise(memory, name => new WritesInPlace(memory, name)),
        ["discarded-upload"] = memory => new UploadsOtherwise(memory, name => new CompletesWhenDisposed(memory, name)),
        ["cancelled-write"] = memory => new UploadsOtherwise(memory, name => new CannotBeCancelled(memory, name)),
        ["cancelled-completion"] = memory => new UploadsOtherwise(memory, name => new CompletesHalfWhenCancelled(memory, name)),
        ["reused-buffer"] = memory => new UploadsOtherwise(memory, name => new KeepsBuffers(memory, name)),
        ["read-after-write"] = memory => new RemembersWhatWasAbsent(memory),
        ["read-after-delete"] = memory => new ListsWhatWasDeleted(memory),
        ["ranges"] = memory => new RefusesToReadBeyondTheEnd(memory),
        ["empty-object"] = memory => new TakesEmptyForAbsent(memory),
        ["absent-object"] = memory => new DeletesWhatIsAbsent(memory),
        ["large-object"] = memory => new UploadsOtherwise(memory, name => new Overwrites(memory, name, above: 5 << 20)),
        ["listing"] = memory => new ListsOnePage(memory),
        ["listing-meanwhile"] = memory => new ListsByPosition(memory),
        ["names"] = memory => new TakesDotsForDashes(memory),
        ["illegal-names"] = memory => new TakesAnyName(memory),
        ["adoption"] = memory => new AdoptsWhatIsAbsent(memory),
        ["two-clients"] = memory => new RemembersWhatItRead(memory),
    };

    private sealed class UploadsOtherwise(MemoryObjectStore memory, Func<string, ObjectUpload> create) : PassingObjectStore(memory)
    {
        public override async ValueTask<ObjectUpload> CreateAsync(string name, CancellationToken cancellationToken)
        {
            await (await base.CreateAsync(name, cancellationToken)).DisposeAsync();
            return create(name);
        }
    }

    /// <summary>Collects what is written.</summary>
    private abstract class BrokenUpload : ObjectUpload
    {
        protected MemoryStream Content { get; } = new();

        public override ValueTask WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
        {
            cancellationToken.ThrowIfCancellationRequested();
            Content.Write(bytes.Span);
            return ValueTask.CompletedTask;
        }

        public override ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }

    private sealed class TellsEverybodyThatTheyWon(MemoryObjectStore memory, string name) : BrokenUpload
    {
        public override ValueTask<bool> CompleteAsync(CancellationToken cancellationToken)
        {
            memory.Objects.TryAdd(name, Content.ToArray());
            return new(true);
        }
    }

    /// <summary>What a server does that ignores the condition, always or when an object comes in parts.</summary>
    private sealed class Overwrites(MemoryObjectStore memory, string name, int above) : BrokenUpload
    {
        public override ValueTask<bool> CompleteAsync(CancellationToken cancellationToken)
        {
            if (Content.Length <= above)
                return new(memory.Objects.TryAdd(name, Content.ToArray()));
            memory.Objects[name] = Content.ToArray();
            return new(true);
        }
    }

    private sealed class WritesInPlace(MemoryObjectStore memory, string name) : BrokenUpload
    {
        public override async ValueTask WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
        {
            await base.WriteAsync(bytes, cancellationToken);
            memory.Objects[name] = Content.ToArray();
        }

        public override ValueTask<bool> CompleteAsync(CancellationToken cancellationToken) => new(true);
    }

    private sealed class CompletesWhenDisposed(MemoryObjectStore memory, string name) : BrokenUpload
    {
        public override ValueTask<bool> CompleteAsync(CancellationToken cancellationToken) => new(memory.Objects.TryAdd(name, Content.ToArray()));

        public override async ValueTask DisposeAsync()
        {
            await CompleteAsync(CancellationToken.None);
            await base.DisposeAsync();
        }
    }

    private sealed class CannotBeCancelled(MemoryObjectStore memory, string name) : BrokenUpload
    {
        public override ValueTask WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken) => base.WriteAsync(bytes, CancellationToken.None);

        public override ValueTask<bool> CompleteAsync(CancellationToken cancellationToken) => new(memory.Objects.TryAdd(name, Content.ToArray()));
    }

    private sealed class CompletesHalfWhenCancelled(MemoryObjectStore memory, string name) : BrokenUpload
    {
        public override ValueTask<bool> CompleteAsync(CancellationToken cancellationToken)
        {
            byte[] content = Content.ToArray();
            bool won = memory.Objects.TryAdd(name, cancellationToken.IsCancellationRequested ? content[..(content.Length / 2)] : content);
            cancellationToken.ThrowIfCancellationRequested();
            return new(won);
        }
    }

    private sealed class KeepsBuffers(MemoryObjectStore memory, string name) : BrokenUpload
    {
        private readonly List<ReadOnlyMemory<byte>> _buffers = [];

        public override ValueTask WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
        {
            _buffers.Add(bytes);
            return ValueTask.CompletedTask;
        }

        public override ValueTask<bool> CompleteAsync(CancellationToken cancellationToken) =>
            new(memory.Objects.TryAdd(name, [.. _buffers.SelectMany(buffer => buffer.ToArray())]));
    }

    private sealed class ReadsHalfAtFirst(MemoryObjectStore memory) : PassingObjectStore(memory)
    {
        private readonly ConcurrentDictionary<string, bool> _seen = new(StringComparer.Ordinal);

        public override async ValueTask<byte[]?> ReadAsync(string name, CancellationToken cancellationToken)
        {
            byte[]? content = await base.ReadAsync(name, cancellationToken);
            return content is not null && _seen.TryAdd(name, true) ? content[..(content.Length / 2)] : content;
        }
    }

    private sealed class RemembersWhatWasAbsent(MemoryObjectStore memory) : PassingObjectStore(memory)
    {
        private readonly ConcurrentDictionary<string, bool> _absent = new(StringComparer.Ordinal);

        public override async ValueTask<long?> GetLengthAsync(string name, CancellationToken cancellationToken)
        {
            long? length = _absent.ContainsKey(name) ? null : await base.GetLengthAsync(name, cancellationToken);
            if (length is null)
                _absent[name] = true;
            return length;
        }
    }

    private sealed class ListsWhatWasDeleted(MemoryObjectStore memory) : PassingObjectStore(memory)
    {
        private readonly ConcurrentDictionary<string, bool> _deleted = new(StringComparer.Ordinal);

        public override ValueTask<bool> DeleteAsync(string name, CancellationToken cancellationToken)
        {
            _deleted[name] = true;
            return base.DeleteAsync(name, cancellationToken);
        }

        public override async IAsyncEnumerable<StoredObject> ListAsync(string prefix, [EnumeratorCancellation] CancellationToken cancellationToken)
        {
            await foreach (var stored in base.ListAsync(prefix, cancellationToken))
                yield return stored;
            foreach (string name in _deleted.Keys)
            {
                if (_deleted.TryRemove(name, out _))
                    yield return new StoredObject(name, 1, DateTimeOffset.UnixEpoch);
            }
        }
    }

    /// <summary>HTTP answers such a request with 416.</summary>
    private sealed class RefusesToReadBeyondTheEnd(MemoryObjectStore memory) : PassingObjectStore(memory)
    {
        public override async ValueTask<int> ReadAsync(string name, long offset, Memory<byte> buffer, CancellationToken cancellationToken) =>
            await GetLengthAsync(name, cancellationToken) <= offset && offset > 0 ? throw new IOException("416 Range Not Satisfiable") : await base.ReadAsync(name, offset, buffer, cancellationToken);
    }

    private sealed class TakesEmptyForAbsent(MemoryObjectStore memory) : PassingObjectStore(memory)
    {
        public override async ValueTask<byte[]?> ReadAsync(string name, CancellationToken cancellationToken) =>
            await base.ReadAsync(name, cancellationToken) is { Length: > 0 } content ? content : null;
    }

    /// <summary>S3 does not tell whether there was anything.</summary>
    private sealed class DeletesWhatIsAbsent(MemoryObjectStore memory) : PassingObjectStore(memory)
    {
        public override async ValueTask<bool> DeleteAsync(string name, CancellationToken cancellationToken)
        {
            await base.DeleteAsync(name, cancellationToken);
            return true;
        }
    }

    private sealed class ListsOnePage(MemoryObjectStore memory) : PassingObjectStore(memory)
    {
        public override IAsyncEnumerable<StoredObject> ListAsync(string prefix, CancellationToken cancellationToken) => base.ListAsync(prefix, cancellationToken).Take(1000);
    }

    private sealed class ListsByPosition(MemoryObjectStore memory) : PassingObjectStore(memory)
    {
        public override async IAsyncEnumerable<StoredObject> ListAsync(string prefix, [EnumeratorCancellation] CancellationToken cancellationToken)
        {
            const int Page = 10;
            for (int position = 0; ; position += Page)
            {
                var page = await base.ListAsync(prefix, cancellationToken).Skip(position).Take(Page).ToListAsync(cancellationToken);
                foreach (var stored in page)
                    yield return stored;
                if (page.Count < Page)
                    yield break;
            }
        }
    }

    private sealed class TakesDotsForDashes(MemoryObjectStore memory) : PassingObjectStore(memory)
    {
        public override ValueTask<ObjectUpload> CreateAsync(string name, CancellationToken cancellationToken) => base.CreateAsync(name.Replace('.', '-'), cancellationToken);

        public override ValueTask<byte[]?> ReadAsync(string name, CancellationToken cancellationToken) => base.ReadAsync(name.Replace('.', '-'), cancellationToken);
    }

    private sealed class TakesAnyName(MemoryObjectStore memory) : PassingObjectStore(memory)
    {
        public override ValueTask<byte[]?> ReadAsync(string name, CancellationToken cancellationToken) =>
            IsName(name) ? base.ReadAsync(name, cancellationToken) : new((byte[]?)null);
    }

    private sealed class AdoptsWhatIsAbsent(MemoryObjectStore memory) : PassingObjectStore(memory)
    {
        public override ValueTask<bool> AdoptAsync(string name, CancellationToken cancellationToken) => new(true);
    }

    private sealed class RemembersWhatItRead(MemoryObjectStore memory) : PassingObjectStore(memory)
    {
        private readonly ConcurrentDictionary<string, byte[]> _read = new(StringComparer.Ordinal);

        public override async ValueTask<byte[]?> ReadAsync(string name, CancellationToken cancellationToken)
        {
            if (_read.TryGetValue(name, out byte[]? known) || await base.ReadAsync(name, cancellationToken) is not { } content)
                return known;
            return _read[name] = content;
        }
    }
}
