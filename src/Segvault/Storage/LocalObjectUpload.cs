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
    private long _length;
    private bool _renamed;

    public LocalObjectUpload(LocalObjectStore store, string destination)
    {
        _store = store;
        _destination = destination;
        _temporary = Path.Combine(store.TemporaryDirectory, $"{Guid.NewGuid():n}");
        var options = new FileStreamOptions
        {
            Mode = FileMode.CreateNew,
            Access = FileAccess.Write,
            Share = FileShare.Read | FileShare.Delete,
            BufferSize = 0,
        };
        if (!OperatingSystem.IsWindows())
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        _file = new FileStream(_temporary, options).SafeFileHandle;
    }

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        RandomAccess.Write(_file, bytes.Span, _length);
        _length += bytes.Length;
        return ValueTask.CompletedTask;
    }

    public override ValueTask<bool> CompleteAsync(CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        Durable.Sync(_file, _temporary);
        _file.Dispose();
        _renamed = AtomicRename.TryMoveIfAbsent(_temporary, _destination);
        if (_renamed)
            _store.MarkUnflushed(Path.GetDirectoryName(_destination)!);
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
