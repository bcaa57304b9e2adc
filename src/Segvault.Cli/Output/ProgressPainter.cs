using System.Globalization;

namespace Segvault.Cli.Output;

/// <summary>Draws progress as one line of a terminal that is written over again and again.</summary>
internal sealed class ProgressPainter(TextWriter terminal, int width, bool color)
{
    private const int BarWidth = 24;

    private bool _drawn;

    public void Draw(ProgressSample sample)
    {
        var text = Describe(sample);
        var room = width - BarWidth - 2;
        // A line that wraps could not be taken back.
        terminal.Write(room > text.Length
            ? $"\r{Bar(sample)} {text}\e[K"
            : $"\r{(text.Length < width ? text : text[..Math.Max(0, width - 1)])}\e[K");
        terminal.Flush();
        _drawn = true;
    }

    public void Clear()
    {
        if (_drawn)
        {
            terminal.Write("\r\e[K");
            terminal.Flush();
            _drawn = false;
        }
    }

    internal static string Describe(ProgressSample sample)
    {
        var parts = new List<string> { sample.Phase };
        if (sample.BytesTotal > 0)
        {
            parts.Add(string.Create(CultureInfo.InvariantCulture, $"{100.0 * sample.BytesDone / sample.BytesTotal:0} %"));
            parts.Add($"{Quantities.Bytes(sample.BytesDone)} of {Quantities.Bytes(sample.BytesTotal)}");
        }
        else if (sample.BytesDone > 0)
        {
            parts.Add(Quantities.Bytes(sample.BytesDone));
        }

        if (sample.BytesPerSecond > 0)
        {
            parts.Add($"{Quantities.Bytes((long)sample.BytesPerSecond)}/s");
        }

        if (sample is { BytesTotal: > 0, SecondsLeft: { } left } && left < TimeSpan.MaxValue.TotalSeconds)
        {
            parts.Add($"{Quantities.Duration(TimeSpan.FromSeconds(left))} left");
        }

        return string.Join("  ", parts);
    }

    private string Bar(ProgressSample sample)
    {
        var full = sample.BytesTotal > 0 ? (int)Math.Clamp(BarWidth * sample.BytesDone / (double)sample.BytesTotal, 0, BarWidth) : 0;
        var done = new string('━', full);
        var left = new string('─', BarWidth - full);
        return color ? $"\e[32m{done}\e[90m{left}\e[0m" : done + left;
    }
}
