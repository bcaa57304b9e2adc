using System.Globalization;

namespace Segvault.Cli.Input;

/// <summary>Shares as people write them: <c>5%</c>.</summary>
internal static class Shares
{
    /// <exception cref="UsageException">The text is not a share.</exception>
    public static double Parse(string text, string option) =>
        text.EndsWith('%')
        && decimal.TryParse(text.AsSpan(..^1), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var percent)
        && percent is > 0 and <= 100
            ? (double)(percent / 100)
            : throw new UsageException($"{option}: '{text}' is not a share.", "Write a number above 0 and up to 100 and a %, such as 5%.");
}
