namespace Segvault.Cli;

/// <summary>The codes that only the command line has, beside the library's <see cref="ErrorCode"/>.</summary>
internal static class CliErrorCode
{
    /// <summary>The command line was wrong.</summary>
    public const string Usage = "usage";

    /// <summary>Ctrl-C or SIGTERM.</summary>
    public const string Interrupted = "interrupted";

    /// <summary>A failure that nobody foresaw.</summary>
    public const string Unexpected = "unexpected";
}

/// <summary>The command line was wrong. Nothing has been done.</summary>
internal sealed class UsageException(string message, string? hint = null) : SegvaultException(CliErrorCode.Usage, message, hint);
