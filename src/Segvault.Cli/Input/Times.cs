using System.Globalization;

namespace Segvault.Cli.Input;

/// <summary>Moments as people write them: RFC 3339, local time when there is no offset, or a duration ago.</summary>
internal static class Times
{
    private static readonly string[] Forms =
    [
        "yyyy-MM-dd",
        "yyyy-MM-dd'T'HH:mm",
        "yyyy-MM-dd'T'HH:mm:ss",
        "yyyy-MM-dd'T'HH:mm:ss.FFFFFFF",
    ];

    public static bool TryParse(string text, TimeProvider clock, out DateTimeOffset time)
    {
        if (Durations.TryParse(text, out var ago))
        {
            time = clock.GetUtcNow() - ago;
            return true;
        }

        time = default;
        // RFC 3339 allows a space and small letters; neither means anything else here.
        var normal = text.Trim().ToUpperInvariant().Replace(' ', 'T');
        if (normal.EndsWith('Z'))
        {
            return TryParseWithOffset(normal[..^1] + "+00:00", out time);
        }

        if (TryParseWithOffset(normal, out time))
        {
            return true;
        }

        if (!DateTime.TryParseExact(normal, Forms, CultureInfo.InvariantCulture, DateTimeStyles.None, out var local))
        {
            return false;
        }

        // An hour that the clocks skip does not exist; taken as if they had not been put forward yet.
        var zone = clock.LocalTimeZone;
        var offset = zone.IsInvalidTime(local) ? zone.BaseUtcOffset : zone.GetUtcOffset(local);
        time = new DateTimeOffset(local, offset);
        return true;
    }

    /// <exception cref="UsageException">The text is not a time.</exception>
    public static DateTimeOffset Parse(string text, string option, TimeProvider clock) =>
        TryParse(text, clock, out var time)
            ? time
            : throw new UsageException(
                $"{option}: '{text}' is not a time.",
                "Write it as 2026-03-31T18:00:00Z, as local time without the Z, or as a duration ago such as 36h.");

    private static bool TryParseWithOffset(string text, out DateTimeOffset time) =>
        DateTimeOffset.TryParseExact(
            text,
            [.. Forms.Skip(1).Select(form => form + "zzz")],
            CultureInfo.InvariantCulture,
            DateTimeStyles.None,
            out time);
}
