namespace Segvault.Tests.Api;

/// <summary>The lines that differ between two indented texts, each below the less indented line that it belongs to.</summary>
internal static class LineChanges
{
    public static IReadOnlyList<string> Between(string[] before, string[] after)
    {
        // common[i, j]: how many lines the rest of both texts, from i and j on, have in common.
        var common = new int[before.Length + 1, after.Length + 1];
        for (var i = before.Length - 1; i >= 0; i--)
        {
            for (var j = after.Length - 1; j >= 0; j--)
                common[i, j] = before[i] == after[j] ? common[i + 1, j + 1] + 1 : Math.Max(common[i + 1, j], common[i, j + 1]);
        }

        List<string> changes = [];
        string? shownParent = null;
        for (int i = 0, j = 0; i < before.Length || j < after.Length;)
        {
            if (i < before.Length && j < after.Length && before[i] == after[j])
            {
                (i, j) = (i + 1, j + 1);
                continue;
            }

            var gone = i < before.Length && (j == after.Length || common[i + 1, j] >= common[i, j + 1]);
            var parent = gone ? FindParent(before, i) : FindParent(after, j);
            if (parent is not null && parent != shownParent)
                changes.Add($"  {shownParent = parent}");
            changes.Add(gone ? $"- {before[i++]}" : $"+ {after[j++]}");
        }

        return changes;
    }

    private static string? FindParent(string[] lines, int index)
    {
        var indent = Indent(lines[index]);
        for (var i = index - 1; i >= 0; i--)
        {
            if (Indent(lines[i]) < indent && lines[i].Trim() is not ("" or "{"))
                return lines[i];
        }

        return null;
    }

    private static int Indent(string line) => line.Length - line.TrimStart().Length;
}
