namespace Segvault.Engines.Tantivy;

/// <summary>Says whether a directory holds a Tantivy index.</summary>
internal static class TantivyRecognition
{
    /// <summary><paramref name="damage"/> says what is wrong with <c>meta.json</c> when the answer is <see cref="IndexPresence.Damaged"/>.</summary>
    public static IndexPresence Recognise(string directory, IReadOnlyCollection<string> names, out DamageException? damage)
    {
        damage = null;
        try
        {
            // Read even when it was not listed: it may have been committed since.
            if (MetaContent.TryRead(directory) is { } meta)
            {
                meta.Parse(directory);
                return IndexPresence.Present;
            }

            string path = Path.Combine(directory, TantivyFileName.Meta);
            damage = MetaFile.Damaged(path, "is missing, while other files of a Tantivy index are there");
        }
        catch (DamageException e)
        {
            damage = e;
        }

        if (names.Any(TantivyFileName.IsUnmistakable))
            return IndexPresence.Damaged;
        damage = null;
        return IndexPresence.None;
    }
}
