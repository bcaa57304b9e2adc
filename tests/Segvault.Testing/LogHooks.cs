using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace Segvault.Testing;

/// <summary>Lets a test do something at the moment when a certain event is logged.</summary>
internal sealed class LogHooks : ILoggerFactory, ILogger
{
    private readonly ConcurrentDictionary<int, Action> _actions = new();

    /// <summary>Does this, once, when the event comes next.</summary>
    public void On(int eventId, Action action) => _actions[eventId] = action;

    public ILogger CreateLogger(string categoryName) => this;

    public void AddProvider(ILoggerProvider provider)
    {
    }

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => true;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        if (_actions.TryRemove(eventId.Id, out var action))
            action();
    }

    public void Dispose()
    {
    }
}
