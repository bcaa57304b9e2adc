using System.Collections.Immutable;

namespace Segvault.Engines.Tantivy;

/// <summary>
/// What a file of a Tantivy index is, from its name alone. Segment files are called <c>&lt;segment id, 32 hex digits&gt;.&lt;component&gt;</c>;
/// components that are not known here are taken as index data, since Tantivy 0.27 lets applications add their own.
/// </summary>
internal static class TantivyFileName
{
    public const string Meta = "meta.json";
    public const string Managed = ".managed.json";
    public const string MetaLock = ".tantivy-meta.lock";
    public const string WriterLock = ".tantivy-writer.lock";

    private const int IdLength = 32;
    private const string DeletesExtension = ".del";

    /// <summary>The components that every segment has.</summary>
    public static readonly string[] RequiredComponents = ["term", "idx", "pos", "store", "fast", "fieldnorm"];

    public static EngineFileRole Classify(string name)
    {
        switch (name)
        {
            case Meta:
                return EngineFileRole.Commit;
            case Managed:
                return EngineFileRole.Generated;
        }

        if (IsLock(name))
            return EngineFileRole.Lock;
        if (IsTemporary(name))
            return EngineFileRole.Temporary;
        if (!TrySplit(name, out _, out string component))
            return EngineFileRole.Foreign;
        if (component == "store.temp")
            return EngineFileRole.Temporary;
        return IsDeletes(component) ? EngineFileRole.Replaceable : EngineFileRole.WriteOnce;
    }

    /// <summary>True for index data: what a commit can refer to.</summary>
    public static bool IsData(string name) => Classify(name) is EngineFileRole.WriteOnce or EngineFileRole.Replaceable;

    /// <summary>True when only Tantivy would call a file so. Another program may well have a <c>meta.json</c>.</summary>
    public static bool IsUnmistakable(string name) =>
        Classify(name) is not (EngineFileRole.Foreign or EngineFileRole.Commit) && !name.StartsWith(".tmp", StringComparison.Ordinal);

    /// <summary>True for what lies about unused unless a commit refers to it.</summary>
    public static bool CanBeOrphan(string name) => IsData(name) || Classify(name) == EngineFileRole.Temporary;

    /// <summary>The names that are neither the engine's nor Segvault's own.</summary>
    public static ImmutableArray<string> FindForeign(IEnumerable<string> names) =>
        [.. names.Where(name => Classify(name) == EngineFileRole.Foreign && !IndexDirectory.IsOwn(name)).Order(StringComparer.Ordinal)];

    /// <summary>Splits the name of a segment's file into the segment's id and the component.</summary>
    public static bool TrySplit(string name, out string segment, out string component)
    {
        segment = component = "";
        if (name.Length <= IdLength + 1 || name[IdLength] != '.' || name.Contains('/') || !name.AsSpan(0, IdLength).ContainsOnlyLowerHex())
            return false;
        segment = name[..IdLength];
        component = name[(IdLength + 1)..];
        return true;
    }

    /// <summary>True for <c>&lt;operation stamp&gt;.del</c>, the list of a segment's documents that are alive.</summary>
    public static bool IsDeletes(string component) =>
        component.Length > DeletesExtension.Length
        && component.EndsWith(DeletesExtension, StringComparison.Ordinal)
        && !component.AsSpan(0, component.Length - DeletesExtension.Length).ContainsAnyExceptInRange('0', '9');

    private static bool IsLock(string name) =>
        name.StartsWith(".tantivy-", StringComparison.Ordinal) && name.EndsWith(".lock", StringComparison.Ordinal);

    private static bool IsTemporary(string name) =>
        name.Length == 10 && name.StartsWith(".tmp", StringComparison.Ordinal) && name.AsSpan(4).ContainsOnlyLettersAndDigits();

    private static bool ContainsOnlyLowerHex(this ReadOnlySpan<char> text)
    {
        foreach (char c in text)
        {
            if (!char.IsAsciiHexDigitLower(c))
                return false;
        }

        return true;
    }

    private static bool ContainsOnlyLettersAndDigits(this ReadOnlySpan<char> text)
    {
        foreach (char c in text)
        {
            if (!char.IsAsciiLetterOrDigit(c))
                return false;
        }

        return true;
    }
}
