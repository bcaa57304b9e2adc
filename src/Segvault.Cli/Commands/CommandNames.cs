using System.CommandLine;

namespace Segvault.Cli.Commands;

/// <summary>Commands by their whole names, such as <c>archive create</c>.</summary>
internal static class CommandNames
{
    /// <summary>What comes after <c>segvault</c> on the command line; of the root itself its own name.</summary>
    public static string FullName(this Command command)
    {
        var name = command.Name;
        for (var parent = ParentOf(command); parent is not null && ParentOf(parent) is { } above; parent = above)
        {
            name = $"{parent.Name} {name}";
        }

        return name;
    }

    /// <summary>Every command below this one that does something, at whatever depth.</summary>
    public static IEnumerable<SegvaultCommand> Leaves(this Command command) =>
        command.Subcommands.SelectMany(child => child is SegvaultCommand leaf ? [leaf] : child.Leaves());

    private static Command? ParentOf(Command command) => command.Parents.OfType<Command>().FirstOrDefault();
}
