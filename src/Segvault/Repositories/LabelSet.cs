using System.Collections.Immutable;

namespace Segvault.Repositories;

/// <summary>Labels between the public types and JSON, in which an empty set is left out.</summary>
internal static class LabelSet
{
    public static ImmutableSortedDictionary<string, string> From(SortedDictionary<string, string>? labels) =>
        ImmutableSortedDictionary.CreateRange(StringComparer.Ordinal, labels ?? []);

    public static SortedDictionary<string, string>? ToJson(ImmutableSortedDictionary<string, string> labels) =>
        labels.IsEmpty ? null : new SortedDictionary<string, string>(labels, StringComparer.Ordinal);
}
