namespace Segvault.Cli;

/// <summary>A failure as it is shown.</summary>
internal sealed record Failure(string Code, string Message, string? Hint, Exception Exception)
{
    public int ExitCode => ExitCodes.Of(Code);
}

/// <summary>Says what a failure is called, what to tell about it, and how the process ends.</summary>
internal static class ErrorReporter
{
    private const int UnixNoSpace = 28;
    private const int WindowsDiskFull = unchecked((int)0x80070070);

    public static Failure Describe(Exception exception, CancellationToken interrupted) => Unwrap(exception) switch
    {
        OperationCanceledException cancelled when interrupted.IsCancellationRequested => new(
            CliErrorCode.Interrupted, "Interrupted: no backup was recorded, and a target is as it was.", "Run the command again.", cancelled),
        SegvaultException known => new(known.Code, known.Message, known.Hint ?? Candidates(known), known),
        UnauthorizedAccessException denied => new(
            ErrorCode.PermissionDenied, denied.Message, "Run it as a user who may read the index and write to the repository and the target.", denied),
        DirectoryNotFoundException missing => new(ErrorCode.PathNotFound, missing.Message, "Check the path.", missing),
        FileNotFoundException missing => new(ErrorCode.PathNotFound, missing.Message, "Check the path.", missing),
        PathTooLongException tooLong => new(
            ErrorCode.PathNotFound, tooLong.Message, "Choose a shorter path: file systems allow 255 bytes for a name and 4,095 for a path.", tooLong),
        IOException { HResult: UnixNoSpace or WindowsDiskFull } full => new(
            ErrorCode.DiskFull, full.Message, "Free some space there, then run the command again.", full),
        IOException failed => new(ErrorCode.IoFailed, failed.Message, "Check the disk or the connection behind that path, then run the command again.", failed),
        var other => new(
            CliErrorCode.Unexpected,
            $"Something unforeseen happened: {other.Message} ({other.GetType().Name})",
            "This is a defect. Run the command again with --verbose and report what it prints.",
            other),
    };

    private static Exception Unwrap(Exception exception) =>
        exception is AggregateException { InnerExceptions: [var only] } ? Unwrap(only) : exception;

    private static string? Candidates(SegvaultException exception) =>
        exception is BackupNotFoundException { Candidates: [_, ..] candidates } ? $"These fit: {string.Join(", ", candidates)}." : null;
}
