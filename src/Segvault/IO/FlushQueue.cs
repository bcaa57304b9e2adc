using System.Collections.Concurrent;
using System.Runtime.ExceptionServices;
using Microsoft.Win32.SafeHandles;

namespace Segvault.IO;

/// <summary>Flushes files to their device on a thread of its own, so that who writes the next one does not wait for it.</summary>
internal sealed class FlushQueue : IDisposable
{
    /// <summary>How many files may wait, open.</summary>
    private const int Most = 16;

    private readonly BlockingCollection<(SafeFileHandle File, string Path)> _files = new(Most);
    private readonly Lazy<Task> _thread;
    private volatile ExceptionDispatchInfo? _failure;

    public FlushQueue() => _thread = new(() => Task.Factory.StartNew(Run, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default));

    /// <summary>Takes over a file that is written, and closes it once it is flushed.</summary>
    /// <exception cref="IOException">An earlier file could not be flushed.</exception>
    public void Add(SafeFileHandle file, string path)
    {
        if (_failure is { } failure)
        {
            file.Dispose();
            failure.Throw();
        }

        _ = _thread.Value;
        _files.Add((file, path));
    }

    /// <summary>Returns when every file is flushed. None can be added any more.</summary>
    /// <exception cref="IOException">One could not be flushed.</exception>
    public void Complete()
    {
        Wait();
        _failure?.Throw();
    }

    /// <summary>Returns when every file is closed.</summary>
    public void Dispose()
    {
        Wait();
        _files.Dispose();
    }

    private void Wait()
    {
        _files.CompleteAdding();
        if (_thread.IsValueCreated)
            _thread.Value.GetAwaiter().GetResult();
    }

    private void Run()
    {
        foreach (var (file, path) in _files.GetConsumingEnumerable())
        {
            using (file)
            {
                if (_failure is null)
                    Flush(file, path);
            }
        }
    }

    private void Flush(SafeFileHandle file, string path)
    {
        try
        {
            Durable.Sync(file, path);
        }
        catch (Exception exception)
        {
            _failure = ExceptionDispatchInfo.Capture(exception);
        }
    }
}
