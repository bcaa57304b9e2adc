namespace Segvault.Cli.Input;

/// <summary>Where repositories and locks are: a path, or <c>file:</c>. Other stores are told from paths and refused.</summary>
internal static class Locations
{
    private static readonly string[] OtherStores = ["s3", "az", "sftp"];

    /// <exception cref="UsageException">The text names no directory.</exception>
    public static string RepositoryDirectory(string text)
    {
        if (text.StartsWith("file:", StringComparison.OrdinalIgnoreCase))
        {
            return FilePath(text["file:".Length..]);
        }

        // Only the scheme is shown: what follows it may hold a password.
        return Scheme(text) switch
        {
            null when text.Length > 0 => text,
            null => throw new UsageException("The repository's place is empty.", "Give -r DIRECTORY, or set SEGVAULT_REPOSITORY."),
            var scheme when OtherStores.Contains(scheme, StringComparer.Ordinal) => throw new UsageException(
                $"This version has no store for {scheme}://: it keeps repositories in directories.", "Give a path or file:PATH."),
            var scheme => throw new UsageException($"There is no store for {scheme}://.", "Give a path or file:PATH."),
        };
    }

    /// <exception cref="UsageException">The text names no directory.</exception>
    public static string LockDirectory(string text) => Scheme(text) switch
    {
        null when text.Length > 0 => text,
        null => throw new UsageException("The lock's place is empty.", "Give --lock DIRECTORY, or leave it away: the lock is then a file inside the index."),
        var scheme => throw new UsageException(
            $"This version has no locks at {scheme}://: it locks with files.", "Give --lock DIRECTORY, or leave it away: the lock is then a file inside the index."),
    };

    private static string? Scheme(string text)
    {
        var end = text.IndexOf("://", StringComparison.Ordinal);
        return end > 0 && char.IsAsciiLetter(text[0]) && text.AsSpan(..end).IndexOfAnyExcept(SchemeCharacters) < 0 ? text[..end].ToLowerInvariant() : null;
    }

    private static readonly System.Buffers.SearchValues<char> SchemeCharacters =
        System.Buffers.SearchValues.Create("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+-.");

    private static string FilePath(string rest)
    {
        if (!rest.StartsWith("//", StringComparison.Ordinal))
        {
            return rest.Length > 0 ? rest : throw new UsageException("file: names no directory.", "Write file:PATH.");
        }

        // With a host, even this one, Uri would make a Windows share of it.
        const string ThisMachine = "//localhost/";
        var local = rest.StartsWith(ThisMachine, StringComparison.OrdinalIgnoreCase) ? "///" + rest[ThisMachine.Length..] : rest;
        return Uri.TryCreate("file:" + local, UriKind.Absolute, out var uri) && uri.Host.Length == 0
            ? uri.LocalPath
            : throw new UsageException($"'file:{rest}' names no directory on this machine.", "Write file:PATH or file:///ABSOLUTE/PATH.");
    }
}
