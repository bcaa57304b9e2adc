using System.CommandLine;

namespace Segvault.Cli.Commands;

/// <summary>What is done with archives, each in a command of its own.</summary>
internal sealed class ArchiveCommand : Command
{
    public ArchiveCommand()
        : base("archive", "Portable archives: one .tar.gz or .tar.zst file each. Needs no repository.")
    {
        Add(new ArchiveCreateCommand());
        Add(new ArchiveRestoreCommand());
        Add(new ArchiveVerifyCommand());
        Add(new ArchiveListCommand());
    }
}
