using Spectre.Console;

namespace Segvault.Cli.Output;

/// <summary>What a report is written with: data to standard output, remarks to standard error.</summary>
internal sealed class HumanWriter(CommandHost host, bool color, Action<string> say)
{
    // Cells are never wrapped or shortened: a terminal that is too narrow breaks the line, and it can still be copied.
    private const int TableWidth = 100_000;

    public TimeProvider TimeProvider => host.TimeProvider;

    /// <summary>A remark, to standard error.</summary>
    public void Say(string message) => say(message);

    /// <summary>A line of data, to standard output.</summary>
    public void Line(string text = "") => host.Out.WriteLine(Printable.Line(text));

    /// <summary>Named values, one a line.</summary>
    public void Values(params ReadOnlySpan<(string Name, string? Value)> values)
    {
        var width = 0;
        foreach (var (name, value) in values)
        {
            width = value is null ? width : Math.Max(width, name.Length);
        }

        foreach (var (name, value) in values)
        {
            if (value is not null)
            {
                Line($"{name.PadRight(width)}  {value}");
            }
        }
    }

    /// <summary>A table. A heading that begins with <c>&gt;</c> aligns its column to the right.</summary>
    public void Table(IReadOnlyList<string> headings, IEnumerable<IReadOnlyList<string>> rows)
    {
        var table = new Table { Border = TableBorder.None, ShowHeaders = true };
        foreach (var heading in headings)
        {
            var right = heading.StartsWith('>');
            table.AddColumn(new TableColumn(new Text(right ? heading[1..] : heading, new Style(decoration: Decoration.Bold)))
            {
                Alignment = right ? Justify.Right : Justify.Left,
                NoWrap = true,
                Padding = new Padding(0, 0, 2, 0),
            });
        }

        foreach (var row in rows)
        {
            table.AddRow(row.Select(cell => new Text(Printable.Line(cell))));
        }

        using var text = new StringWriter();
        CreateConsole(text).Write(table);
        foreach (var line in text.ToString().AsSpan().TrimEnd().EnumerateLines())
        {
            host.Out.WriteLine(line.TrimEnd());
        }
    }

    private IAnsiConsole CreateConsole(TextWriter writer)
    {
        var ansi = color && host.OutIsTerminal;
        var console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Ansi = ansi ? AnsiSupport.Yes : AnsiSupport.No,
            ColorSystem = ansi ? ColorSystemSupport.Standard : ColorSystemSupport.NoColors,
            Interactive = InteractionSupport.No,
            Out = new AnsiConsoleOutput(writer),
            Enrichment = new ProfileEnrichment { UseDefaultEnrichers = false },
        });
        console.Profile.Width = TableWidth;
        return console;
    }
}
