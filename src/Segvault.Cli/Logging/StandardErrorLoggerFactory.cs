using Microsoft.Extensions.Logging;
using Segvault.Cli.Output;

namespace Segvault.Cli.Logging;

/// <summary>Shows on standard error what the library logs, for <c>--verbose</c>.</summary>
internal sealed class StandardErrorLoggerFactory(IOutput output, TimeProvider clock) : ILoggerFactory
{
    public ILogger CreateLogger(string categoryName) => new StandardErrorLogger(output, clock, categoryName);

    public void AddProvider(ILoggerProvider provider)
    {
    }

    public void Dispose()
    {
    }

    private sealed class StandardErrorLogger(IOutput output, TimeProvider clock, string category) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel is >= LogLevel.Debug and < LogLevel.None;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (IsEnabled(logLevel))
            {
                var time = clock.GetLocalNow().ToString("HH:mm:ss.fff");
                var text = Printable.Lines(formatter(state, exception));
                output.Log($"{time} {Word(logLevel)} {category}[{eventId.Id}] {text}{(exception is null ? "" : Environment.NewLine + exception)}");
            }
        }

        private static string Word(LogLevel level) => level switch
        {
            LogLevel.Debug => "debug",
            LogLevel.Information => "info",
            LogLevel.Warning => "warning",
            _ => "error",
        };
    }
}
