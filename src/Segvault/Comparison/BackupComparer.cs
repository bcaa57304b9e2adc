using System.Collections.Immutable;

namespace Segvault.Comparison;

/// <summary>Compares two backups by what their manifests say.</summary>
internal static class BackupComparer
{
    public static BackupComparison Compare(BackupManifest first, BackupManifest second)
    {
        var files = Pair(first.Files, second.Files, file => file.Path);
        var segments = Pair(first.Segments, second.Segments, segment => segment.Id);
        var equal = files.FindAll(pair => pair is { First: not null, Second: not null } && pair.First.Sha256 == pair.Second.Sha256);
        return new BackupComparison
        {
            First = first,
            Second = second,
            Added = OnlySecond(files),
            Removed = OnlyFirst(files),
            Changed = [.. files.Except(equal).Where(pair => pair is { First: not null, Second: not null }).Select(pair => new ChangedFile(pair.First!, pair.Second!))],
            EqualFiles = equal.Count,
            EqualBytes = equal.Sum(pair => pair.Second!.Length),
            SegmentsAdded = OnlySecond(segments),
            SegmentsRemoved = OnlyFirst(segments),
            SegmentsChanged =
            [
                .. segments.Where(pair => pair is { First: not null, Second: not null } && pair.First != pair.Second)
                    .Select(pair => new ChangedSegment(pair.First!, pair.Second!)),
            ],
        };
    }

    /// <summary>Both sides of everything that either backup has, in the order of the keys.</summary>
    private static List<Pair<T>> Pair<T>(ImmutableArray<T> first, ImmutableArray<T> second, Func<T, string> key)
        where T : class
    {
        var pairs = new SortedDictionary<string, Pair<T>>(StringComparer.Ordinal);
        foreach (var item in first)
            pairs[key(item)] = new Pair<T>(item, null);
        foreach (var item in second)
            pairs[key(item)] = new Pair<T>(pairs.GetValueOrDefault(key(item))?.First, item);
        return [.. pairs.Values];
    }

    private static ImmutableArray<T> OnlyFirst<T>(IEnumerable<Pair<T>> pairs)
        where T : class => [.. pairs.Where(pair => pair.Second is null).Select(pair => pair.First!)];

    private static ImmutableArray<T> OnlySecond<T>(IEnumerable<Pair<T>> pairs)
        where T : class => [.. pairs.Where(pair => pair.First is null).Select(pair => pair.Second!)];
}

/// <summary>What two backups have under one key; null where one of them has nothing.</summary>
internal sealed record Pair<T>(T? First, T? Second)
    where T : class;
