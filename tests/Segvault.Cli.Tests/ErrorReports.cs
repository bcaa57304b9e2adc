using Xunit;

namespace Segvault.Cli.Tests;

public sealed class ErrorReports
{
    [Fact]
    public void An_error_of_the_library_keeps_code_message_and_hint()
    {
        var failure = ErrorReporter.Describe(new RefusedException(ErrorCode.TargetExists, "It exists.", "Give --replace."), CancellationToken.None);

        Assert.Equal((ErrorCode.TargetExists, "It exists.", "Give --replace.", ExitCodes.Refused), (failure.Code, failure.Message, failure.Hint, failure.ExitCode));
    }

    [Fact]
    public void Backups_that_fit_are_listed()
    {
        var (first, second) = (BackupId.Parse(new string('a', 32)), BackupId.Parse(new string('b', 32)));

        var failure = ErrorReporter.Describe(
            new BackupNotFoundException(ErrorCode.BackupAmbiguous, "Two fit.", candidates: [first, second]), CancellationToken.None);

        Assert.Equal(ExitCodes.NoSuchBackup, failure.ExitCode);
        Assert.Contains(first.ToString(), failure.Hint, StringComparison.Ordinal);
        Assert.Contains(second.ToString(), failure.Hint, StringComparison.Ordinal);
    }

    [Fact]
    public void A_cancellation_is_an_interruption_only_when_somebody_interrupted()
    {
        var interrupted = new CancellationToken(canceled: true);

        Assert.Equal(ExitCodes.Interrupted, ErrorReporter.Describe(new OperationCanceledException(), interrupted).ExitCode);
        Assert.Equal(CliErrorCode.Unexpected, ErrorReporter.Describe(new OperationCanceledException(), CancellationToken.None).Code);
    }

    [Fact]
    public void Failures_of_the_system_have_codes_of_their_own()
    {
        Assert.Equal(ErrorCode.PermissionDenied, Code(new UnauthorizedAccessException("no")));
        Assert.Equal(ErrorCode.PathNotFound, Code(new DirectoryNotFoundException("gone")));
        Assert.Equal(ErrorCode.PathNotFound, Code(new FileNotFoundException("gone")));
        Assert.Equal(ErrorCode.IoFailed, Code(new IOException("broken")));
        Assert.Equal(ErrorCode.DiskFull, Code(new IOException("full", 28)));
        Assert.Equal(ErrorCode.DiskFull, Code(new AggregateException(new IOException("full", unchecked((int)0x80070070)))));
        Assert.Equal(CliErrorCode.Unexpected, Code(new InvalidOperationException("what")));
    }

    private static string Code(Exception exception) => ErrorReporter.Describe(exception, CancellationToken.None).Code;
}
