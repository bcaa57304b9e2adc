using System.CommandLine;
using static Segvault.Cli.Input.CommonOptions;

namespace Segvault.Cli.Input;

/// <summary>How thoroughly to verify.</summary>
internal sealed class VerifyLevels
{
    private readonly Option<bool> _readData = Flag("--read-data", "Read, decode and hash every stored byte as well: --level data.");
    private readonly Option<string> _level = Text("--level", "LEVEL", "How thoroughly: objects, structure (the default) or data.");
    private readonly Option<string> _sample = Text("--sample", "SHARE", "Of the stored bytes read only this share, such as 5%: those not read for longest.");
    private readonly Option<string> _maxAge = Text("--max-age", "DURATION", "Of the stored bytes read only those that were not read within this time, such as 30d.");

    public IEnumerable<Option> All => [_readData, _level, _sample, _maxAge];

    /// <exception cref="UsageException">The options contradict one another, or one makes no sense.</exception>
    public VerifyOptions Read(Invocation run)
    {
        var level = (run.Get(_level), run.Get(_readData)) switch
        {
            (null, false) => VerifyLevel.Structure,
            (null or "data", _) => VerifyLevel.Data,
            ("objects" or "structure", true) => throw new UsageException($"{_readData.Name} is {_level.Name} data.", "Give one of them."),
            ("objects", _) => VerifyLevel.Objects,
            ("structure", _) => VerifyLevel.Structure,
            var (other, _) => throw new UsageException($"{_level.Name}: there is no level '{other}'.", "Give objects, structure or data."),
        };
        var (sample, maxAge) = (run.Get(_sample), run.Get(_maxAge));
        if (level != VerifyLevel.Data && (sample ?? maxAge) is not null)
        {
            throw new UsageException(
                $"{(sample is null ? _maxAge : _sample).Name} says which stored bytes to read, and goes with {_readData.Name}.", $"Give {_readData.Name} too.");
        }

        return new VerifyOptions
        {
            Level = level,
            Sample = sample is null ? null : Shares.Parse(sample, _sample.Name),
            MaxAge = maxAge is null ? null : Durations.Parse(maxAge, _maxAge.Name),
        };
    }
}
