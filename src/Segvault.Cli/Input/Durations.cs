using System.Globalization;

namespace Segvault.Cli.Input;

/// <summary>Durations as people write them: <c>30s 10m 26h 30d</c>.</summary>
internal static class Durations
{
    private static readonly TimeSpan Longest = TimeSpan.FromDays(36_500);

    public static bool TryParse(string text, out TimeSpan duration)
    {
        duration = default;
        decimal? unit = text.Length < 2 ? null : text[^1] switch
        {
            's' => 1,
            'm' => 60,
            'h' => 3_600,
            'd' => 86_400,
            _ => null,
        };
        if (unit is null
            || !decimal.TryParse(text.AsSpan(..^1), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number)
            || number > (decimal)Longest.TotalSeconds / unit.Value)
        {
            return false;
        }

        duration = TimeSpan.FromSeconds((double)(number * unit.Value));
        return true;
    }

    /// <exception cref="UsageException">The text is not a duration.</exception>
    public static TimeSpan Parse(string text, string option) =>
        TryParse(text, out var duration)
            ? duration
            : throw new UsageException($"{option}: '{text}' is not a duration.", "Write a number and a unit, such as 30s, 10m, 26h or 30d.");
}
