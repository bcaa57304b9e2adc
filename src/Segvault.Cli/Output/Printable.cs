using System.Globalization;
using System.Text;

namespace Segvault.Cli.Output;

/// <summary>Makes names from outside harmless for a terminal: they may hold anything, escape sequences too.</summary>
internal static class Printable
{
    /// <summary>Text for one line.</summary>
    public static string Line(string text) => Clean(text, keepLines: false);

    /// <summary>Text that may have several lines.</summary>
    public static string Lines(string text) => Clean(text, keepLines: true);

    private static string Clean(string text, bool keepLines)
    {
        if (!text.Any(character => IsUnsafe(character, keepLines)))
        {
            return text;
        }

        var clean = new StringBuilder(text.Length + 16);
        foreach (var character in text)
        {
            _ = IsUnsafe(character, keepLines)
                ? clean.Append(character switch
                {
                    '\n' => "\\n",
                    '\r' => "\\r",
                    '\t' => "\\t",
                    _ => $"\\u{(int)character:x4}",
                })
                : clean.Append(character);
        }

        return clean.ToString();
    }

    // Format characters can reorder what follows them on the screen.
    private static bool IsUnsafe(char character, bool keepLines) =>
        (char.IsControl(character) && !(keepLines && character == '\n'))
        || (character > 127 && CharUnicodeInfo.GetUnicodeCategory(character)
            is UnicodeCategory.Format or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator);
}
