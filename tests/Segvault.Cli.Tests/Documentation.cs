using System.Globalization;
using System.Reflection;
using System.Text.Json.Serialization.Metadata;
using Segvault.Cli.Input;
using Segvault.Cli.Output;
using Xunit;

namespace Segvault.Cli.Tests;

/// <summary>The documentation is a contract: what it says is compared with what the command line does.</summary>
public sealed class Documentation
{
    public static TheoryData<string> Commands => Help.Commands;

    [Fact]
    public void Every_error_code_has_a_row_with_its_exit_code()
    {
        var documented = ReadErrors();

        Assert.All(KnownCodes(), code =>
        {
            Assert.True(documented.TryGetValue(code, out var exit), $"docs/errors.md has no row for {code}");
            Assert.Equal(ExitCodes.Of(code), exit);
        });
    }

    [Fact]
    public void Every_row_is_an_error_code() => Assert.Empty(ReadErrors().Keys.Except(KnownCodes(), StringComparer.Ordinal));

    [Fact]
    public void Every_error_code_is_mapped_to_an_exit_code() =>
        Assert.Equal(KnownCodes().Order(StringComparer.Ordinal), ExitCodes.Codes.Order(StringComparer.Ordinal));

    [Fact]
    public void Every_exit_code_is_explained()
    {
        var explained = Section("## Exit codes");

        Assert.All(
            KnownCodes().Select(ExitCodes.Of).Append(ExitCodes.Incomplete).Distinct(),
            exit => Assert.Contains($"| {exit.ToString(CultureInfo.InvariantCulture)} |", explained, StringComparison.Ordinal));
    }

    [Theory]
    [MemberData(nameof(Commands))]
    public void Every_option_of_a_command_is_explained_in_its_section(string name)
    {
        var section = Section($"## {name}");
        var command = Help.Find(name);

        Assert.All(command.Options, option => Assert.Contains($"| `{option.Name}", section, StringComparison.Ordinal));
    }

    [Theory]
    [MemberData(nameof(Commands))]
    public void No_option_is_explained_that_a_command_does_not_have(string name)
    {
        var options = Help.Find(name).Options.Select(option => option.Name);

        var explained = Section($"## {name}").Split('\n').Where(line => line.StartsWith("| `--", StringComparison.Ordinal)).Select(line => line[3..].Split(' ', '`')[0]);

        Assert.Empty(explained.Except(options, StringComparer.Ordinal));
    }

    [Fact]
    public void Every_option_of_all_commands_is_explained()
    {
        var section = Section("## Options of every command");

        Assert.All(new CommonOptions().All, option => Assert.Contains(option.Name, section, StringComparison.Ordinal));
    }

    [Fact]
    public void Every_field_of_json_is_listed()
    {
        var section = Section("## JSON");

        Assert.All(Lines(), type => Assert.All(
            type.Properties,
            property => Assert.Contains($"`{property.Name}", section, StringComparison.Ordinal)));
    }

    [Theory]
    [MemberData(nameof(Commands))]
    public void The_fields_of_every_summary_are_listed_in_its_row(string name)
    {
        var row = Section("## JSON").Split('\n').Single(line => line.StartsWith("| `", StringComparison.Ordinal) && line.Split('|')[1].Contains($"`{name}`", StringComparison.Ordinal));

        // A command that prints what another one does shares its line.
        var words = name.Split(' ');
        var summary = Find(string.Concat(words)) ?? Find(words[^1]);
        Assert.NotNull(summary);

        Assert.All(
            summary.Properties.Where(property => property.Name is not ("type" or "command" or "dryRun")),
            property => Assert.Contains($"`{property.Name}`", row, StringComparison.Ordinal));
    }

    private static JsonTypeInfo? Find(string name) => Lines().SingleOrDefault(type => type.Type.Name.Equals(name + "Line", StringComparison.OrdinalIgnoreCase));

    private static IEnumerable<JsonTypeInfo> Lines() => typeof(CliJson).GetProperties()
        .Where(property => property.PropertyType.IsGenericType && property.PropertyType.GetGenericTypeDefinition() == typeof(JsonTypeInfo<>))
        .Select(property => (JsonTypeInfo)property.GetValue(CliJson.Lines)!)
        .Where(type => type.Type.Namespace!.StartsWith("Segvault.Cli", StringComparison.Ordinal) && type.Kind == JsonTypeInfoKind.Object);

    private static IEnumerable<string> KnownCodes() => ((Type[])[typeof(ErrorCode), typeof(CliErrorCode)])
        .SelectMany(type => type.GetFields(BindingFlags.Public | BindingFlags.Static))
        .Select(field => (string)field.GetRawConstantValue()!);

    private static Dictionary<string, int> ReadErrors() => Read("errors.md").Split('\n')
        .Where(line => line.StartsWith("| `", StringComparison.Ordinal))
        .Select(line => line.Split('|', StringSplitOptions.TrimEntries))
        .ToDictionary(cells => cells[1].Trim('`'), cells => int.Parse(cells[2], CultureInfo.InvariantCulture), StringComparer.Ordinal);

    private static string Section(string heading)
    {
        var text = Read("cli.md");
        var start = text.IndexOf($"\n{heading}\n", StringComparison.Ordinal);
        Assert.True(start >= 0, $"docs/cli.md has no section '{heading}'");
        var end = text.IndexOf("\n## ", start + heading.Length, StringComparison.Ordinal);
        return end < 0 ? text[start..] : text[start..end];
    }

    private static string Read(string name)
    {
        for (DirectoryInfo? directory = new(AppContext.BaseDirectory); directory is not null; directory = directory.Parent)
        {
            var path = Path.Combine(directory.FullName, "docs", name);
            if (File.Exists(path))
            {
                return File.ReadAllText(path).ReplaceLineEndings("\n");
            }
        }

        throw new FileNotFoundException($"No directory above {AppContext.BaseDirectory} holds docs/{name}.");
    }
}
