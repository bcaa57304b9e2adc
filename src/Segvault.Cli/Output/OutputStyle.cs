namespace Segvault.Cli.Output;

/// <summary>How much is told to people, and how.</summary>
internal sealed record OutputStyle(bool Quiet, bool Verbose, bool Color);
