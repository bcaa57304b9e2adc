using Segvault.Engines;
using Segvault.Repositories;

namespace Segvault.Backup;

/// <summary>An index's name is its identity in the repository.</summary>
internal static class BackupName
{
    /// <summary>The user's word, or the directory's name unless that belongs to an index at another path.</summary>
    /// <exception cref="RefusedException">The directory's name is taken.</exception>
    public static string Choose(IndexSource source, BackupOptions options, LogState state)
    {
        if (options.Name is { } given)
            return given;
        var name = Of(source);
        EnsureFree(source, options, name, state);
        return name;
    }

    /// <summary>The directory's name.</summary>
    public static string Of(IndexSource source) =>
        Path.GetFileName(Path.TrimEndingDirectorySeparator(source.Path)) is { Length: > 0 } last ? last : "root";

    /// <summary>Asked again when the backup is recorded: another index of the same name may have come first.</summary>
    /// <exception cref="RefusedException">The name was not given by the user and belongs to an index at another path.</exception>
    public static void EnsureFree(IndexSource source, BackupOptions options, string name, LogState state)
    {
        var path = Path.TrimEndingDirectorySeparator(source.Path);
        if (options.Name is not null || state.NewestOf(name) is not { } newest || newest.Path == path)
            return;
        throw new RefusedException(
            ErrorCode.NameInUse,
            $"The name '{name}' belongs to the index at {newest.Path} (backup {newest.Id.ToShortString()}); this one is at {path}.",
            $"If it is another index, give it a name, such as --name {Propose(path, name, state)}; if the index has moved, say so with --name {name}.");
    }

    private static string Propose(string path, string name, LogState state)
    {
        var parent = Path.GetFileName(Path.GetDirectoryName(path)) is { Length: > 0 } directory ? $"{directory}-{name}" : $"{name}-2";
        var proposal = parent;
        for (var i = 2; state.NewestOf(proposal) is not null; i++)
            proposal = $"{parent}-{i}";
        return proposal;
    }
}
