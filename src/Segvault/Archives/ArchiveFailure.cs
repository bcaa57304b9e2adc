namespace Segvault.Archives;

/// <summary>What is said of an archive that is not what it should be. Every message begins with the archive's path.</summary>
internal static class ArchiveFailure
{
    private const string Hint = "Nothing was changed. Use another copy of the archive, or another backup: `segvault archive list` shows what each needs.";

    /// <param name="path">The archive.</param>
    /// <param name="problem">What is wrong, as the end of a sentence that begins with its name.</param>
    /// <param name="inner">What was thrown, if anything.</param>
    public static DamageException Damaged(string path, string problem, Exception? inner = null) =>
        new(ErrorCode.ArchiveDamaged, path, $"{path} {problem}.", Hint, inner);

    public static RefusedException Unsafe(string path, string member, string problem) => new(
        ErrorCode.UnsafeName,
        $"{path} has a member named '{member}', which {problem}.",
        "Nothing was written. Such a member does not come from a search engine: find out who made this archive.",
        [member]);

    public static BackupNotFoundException NotFound(string path) =>
        new(ErrorCode.BackupNotFound, $"There is no archive {path}.", "`segvault archive list DIR` shows the archives in a directory.");
}
