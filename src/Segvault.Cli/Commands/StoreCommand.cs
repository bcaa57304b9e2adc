using System.CommandLine;

namespace Segvault.Cli.Commands;

/// <summary>What is done with the place of a repository rather than with what is in it.</summary>
internal sealed class StoreCommand : Command
{
    public StoreCommand()
        : base("store", "The place where a repository is, or could be.") => Add(new StoreTestCommand());
}
