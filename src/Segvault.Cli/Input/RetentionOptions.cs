using System.CommandLine;
using System.Globalization;
using static Segvault.Cli.Input.CommonOptions;

namespace Segvault.Cli.Input;

/// <summary>The rules by which backups are kept.</summary>
internal sealed class RetentionOptions
{
    private readonly Option<string> _last = Text("--keep-last", "N", "Keep the last N backups.");
    private readonly Option<string> _hourly = Text("--keep-hourly", "N", "Keep the newest backup of each of the last N hours that have one.");
    private readonly Option<string> _daily = Text("--keep-daily", "N", "Keep the newest backup of each of the last N days that have one.");
    private readonly Option<string> _weekly = Text("--keep-weekly", "N", "Keep the newest backup of each of the last N weeks that have one.");
    private readonly Option<string> _monthly = Text("--keep-monthly", "N", "Keep the newest backup of each of the last N months that have one.");
    private readonly Option<string> _yearly = Text("--keep-yearly", "N", "Keep the newest backup of each of the last N years that have one.");
    private readonly Option<string> _within = Text("--keep-within", "DURATION", "Keep every backup that is at most this much older than the newest one.");

    public IEnumerable<Option> All => [_last, _hourly, _daily, _weekly, _monthly, _yearly, _within];

    /// <exception cref="UsageException">There is no rule, or one is no number or duration.</exception>
    public RetentionPolicy Read(Invocation run)
    {
        if (All.All(option => run.Get((Option<string>)option) is null))
        {
            throw new UsageException(
                "'prune' needs a rule that says what is kept; without one everything would go.", "Give one or several: --keep-last N, --keep-daily N, --keep-within 30d. See: segvault prune --help");
        }

        return new RetentionPolicy
        {
            KeepLast = Count(run, _last),
            KeepHourly = Count(run, _hourly),
            KeepDaily = Count(run, _daily),
            KeepWeekly = Count(run, _weekly),
            KeepMonthly = Count(run, _monthly),
            KeepYearly = Count(run, _yearly),
            KeepWithin = run.Get(_within) is { } text ? Durations.Parse(text, _within.Name) : null,
        };
    }

    private static int Count(Invocation run, Option<string> option)
    {
        if (run.Get(option) is not { } text)
        {
            return 0;
        }

        return int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var count) && count > 0
            ? count
            : throw new UsageException($"{option.Name}: '{text}' is no number of backups.", "Give a whole number, 1 or more.");
    }
}
