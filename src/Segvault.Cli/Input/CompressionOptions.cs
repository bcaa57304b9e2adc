using System.CommandLine;
using System.Globalization;
using static Segvault.Cli.Input.CommonOptions;

namespace Segvault.Cli.Input;

/// <summary>How a new archive is compressed.</summary>
internal sealed class CompressionOptions
{
    private readonly Option<string> _format = Text("--format", "FORMAT", "tar.gz, which everything opens, or tar.zst, which is smaller and faster.");
    private readonly Option<string> _level = Text("--level", "N", "How hard to compress: 0 to 9 with tar.gz, 1 to 19 with tar.zst.");

    public IEnumerable<Option> All => [_format, _level];

    /// <param name="run">What was given.</param>
    /// <param name="otherwise">The format when none was given.</param>
    /// <exception cref="UsageException">There is no such format or level.</exception>
    public ArchiveOptions Read(Invocation run, ArchiveFormat otherwise)
    {
        var format = run.Get(_format) switch
        {
            null => otherwise,
            "tar.gz" => ArchiveFormat.TarGz,
            "tar.zst" => ArchiveFormat.TarZst,
            var other => throw new UsageException($"{_format.Name}: there is no format '{other}'.", "Give tar.gz or tar.zst."),
        };
        return new ArchiveOptions { Format = format, Level = run.Get(_level) is { } level ? ReadLevel(level, format) : null };
    }

    private int ReadLevel(string text, ArchiveFormat format)
    {
        var (lowest, highest) = ArchiveOptions.LevelsOf(format);
        return int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var level) && level >= lowest && level <= highest
            ? level
            : throw new UsageException(
                $"{_level.Name}: '{text}' is no level of {(format == ArchiveFormat.TarGz ? "tar.gz" : "tar.zst")}.",
                string.Create(CultureInfo.InvariantCulture, $"Give a whole number from {lowest} to {highest}."));
    }
}
