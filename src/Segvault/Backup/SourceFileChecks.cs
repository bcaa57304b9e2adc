using System.Collections.Immutable;
using Segvault.Engines;

namespace Segvault.Backup;

/// <summary>What is said when a file of the index is not what it should be.</summary>
internal static class SourceFileChecks
{
    private const int MostNamed = 5;

    public static void EnsureLength(PinnedSnapshot snapshot, SnapshotFile file, long length)
    {
        if (length != file.Length)
        {
            throw Changed(snapshot, file, $"had {file.Length} bytes when it was pinned and has {length} now");
        }
    }

    /// <summary>Says that a file's content is not what it was when it was read before.</summary>
    public static SegvaultException Changed(PinnedSnapshot snapshot, SnapshotFile file) => Changed(snapshot, file, "changed while it was backed up");

    private static SegvaultException Changed(PinnedSnapshot snapshot, SnapshotFile file, string how) => new(
        ErrorCode.SourceChanged,
        $"{Path.Combine(snapshot.Directory, file.Path)} {how}.",
        "Something other than the search engine writes to the index. Stop it, then run the command again.");

    public static RefusedException Damaged(PinnedSnapshot snapshot, ImmutableArray<IndexProblem> problems)
    {
        var named = string.Join(", ", problems.Take(MostNamed).Select(problem => $"{problem.File} {problem.Problem}"));
        var more = problems.Length > MostNamed ? $", and {problems.Length - MostNamed} more files are damaged" : "";
        return new RefusedException(
            ErrorCode.SourceDamaged,
            $"The index in {snapshot.Directory} is damaged: {named}{more}.",
            "Restore the index from an earlier backup, or take it as it is with --allow-damaged.",
            [.. problems.Select(problem => problem.File)]);
    }
}
