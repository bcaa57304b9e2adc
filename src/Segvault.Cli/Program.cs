using Segvault.Cli;

StandardStreams.EnsureOpen();
using var interruption = new Interruption();
return await CommandLine.RunAsync(args, CommandHost.ForThisProcess(), interruption.Token);
