using System.Globalization;

namespace Segvault.Cli.Input;

/// <summary>Rates as people write them: <c>50M</c>, in bytes a second.</summary>
internal static class Rates
{
    private const long Most = 1_000_000_000_000;

    /// <exception cref="UsageException">The text is not a rate.</exception>
    public static long? Parse(string? text, string option)
    {
        if (text is null)
            return null;
        var (digits, unit) = text.Length == 0 ? (text, 1) : text[^1] switch
        {
            'K' or 'k' => (text[..^1], 1_000),
            'M' => (text[..^1], 1_000_000),
            'G' => (text[..^1], 1_000_000_000),
            _ => (text, 1),
        };
        return decimal.TryParse(digits, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number) && number <= Most / unit && number * unit >= 1
            ? (long)(number * unit)
            : throw new UsageException($"{option}: '{text}' is not a rate.", "Write bytes a second, such as 500K, 50M or 1.5G.");
    }
}
