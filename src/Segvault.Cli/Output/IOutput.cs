using System.Text.Json.Serialization.Metadata;

namespace Segvault.Cli.Output;

/// <summary>Where a command's words go: to people, or as JSON lines to programs.</summary>
internal interface IOutput
{
    /// <summary>Begins to show an operation's progress, until <see cref="EndProgress"/>.</summary>
    IProgress<OperationProgress> BeginProgress();

    void EndProgress();

    /// <summary>Takes a progress line that is being redrawn off the terminal, because something else is about to be printed there.</summary>
    void Pause();

    void Warn(OperationWarning warning);

    /// <summary>Tells people how things go; programs do not need it.</summary>
    void Say(string message);

    /// <summary>Ends a command that has come to its end.</summary>
    /// <param name="line">What programs get.</param>
    /// <param name="type">How it is written as JSON.</param>
    /// <param name="exitCode">How the process ends; what was held back because of <c>--quiet</c> is printed unless it is 0.</param>
    /// <param name="render">What people get.</param>
    /// <param name="isData">True when the command was given in order to see this, so that <c>--quiet</c> does not hide it.</param>
    void Finish<T>(T line, JsonTypeInfo<T> type, int exitCode, Action<HumanWriter> render, bool isData = false)
        where T : SummaryLine;

    /// <summary>Ends a command that failed.</summary>
    void Fail(string command, Failure failure);

    /// <summary>Prints what was logged, for <c>--verbose</c>.</summary>
    void Log(string line);
}
