using Microsoft.Win32.SafeHandles;
using Segvault.IO;

namespace Segvault.Storage;

/// <summary>A file in <c>tmp/</c> that becomes an object by being renamed.</summary>
internal sealed class LocalObjectUpload : ObjectUpload
{
    private readonly LocalObjectStore _store;
    private readonly string _destination;
    private readonly string _temporary;
    private readonly SafeFileHandle _file;
    private EarlyWriteback _writeback;
    private long _length;
    private bool _renamed;

    public LocalObjectUpload(LocalObjectStore store, string destination)
    {
        _store = store;
        _destination = destination;
        _temporary = Path.Combine(store.TemporaryDirectory, $"{Guid.NewGuid():n}");
        _file = File.OpenHandle(_temporary, FileMode.CreateNew, FileAccess.Write, FileShare.Read | FileShare.Delete);
        if (!OperatingSystem.IsWindows())
            File.SetUnixFileMode(_file, UnixFileMode.UserRead | UnixFileMode.UserWrite);
    }

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        RandomAccess.Write(_file, bytes.Span, _length);
        _length += bytes.Length;
        _writeback.Wrote(_file, _length);
        return ValueTask.CompletedTask;
    }

    public override ValueTask<bool> CompleteAsync(CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        Durable.Sync(_file, _temporary);
        _file.Dispose();
        _renamed = AtomicRename.TryMoveIfAbsent(_temporary, _destination);
        if (_renamed)
            _store.MarkUnflushed(_destination);
        return new ValueTask<bool>(_renamed);
    }

    public override ValueTask DisposeAsync()
    {
        _file.Dispose();
        if (!_renamed)
            File.Delete(_temporary);
        return ValueTask.CompletedTask;
    }
}
