using Microsoft.Extensions.Time.Testing;
using Segvault.Cli.Input;
using Xunit;

namespace Segvault.Cli.Tests;

public sealed class TimesAndDurations
{
    private static readonly FakeTimeProvider Clock = NewClock();

    [Theory]
    [InlineData("0s", 0)]
    [InlineData("30s", 30)]
    [InlineData("1.5s", 1.5)]
    [InlineData("10m", 600)]
    [InlineData("26h", 93_600)]
    [InlineData("30d", 2_592_000)]
    public void A_duration_is_a_number_and_a_unit(string text, double seconds)
    {
        Assert.True(Durations.TryParse(text, out var duration));
        Assert.Equal(seconds, duration.TotalSeconds);
    }

    [Theory]
    [InlineData("")]
    [InlineData("s")]
    [InlineData("10")]
    [InlineData("-10s")]
    [InlineData("10 s")]
    [InlineData("10S")]
    [InlineData("1e3s")]
    [InlineData("NaNs")]
    [InlineData("10w")]
    [InlineData("1h30m")]
    [InlineData("99999999999d")]
    public void Anything_else_is_no_duration(string text) => Assert.False(Durations.TryParse(text, out _));

    [Theory]
    [InlineData("2026-03-31T18:00:00Z", "2026-03-31T18:00:00Z")]
    [InlineData("2026-03-31t18:00:00z", "2026-03-31T18:00:00Z")]
    [InlineData("2026-03-31 18:00:00Z", "2026-03-31T18:00:00Z")]
    [InlineData("2026-03-31T18:00:00.25Z", "2026-03-31T18:00:00.25Z")]
    [InlineData("2026-03-31T18:00:00+05:30", "2026-03-31T12:30:00Z")]
    [InlineData("2026-03-31T18:00-02:00", "2026-03-31T20:00:00Z")]
    public void A_time_with_an_offset_is_meant_as_written(string text, string utc)
    {
        Assert.True(Times.TryParse(text, Clock, out var time));
        Assert.Equal(DateTimeOffset.Parse(utc), time);
    }

    [Theory]
    [InlineData("2026-01-15T12:00:00", "2026-01-15T11:00:00Z")]
    [InlineData("2026-07-15T12:00", "2026-07-15T10:00:00Z")]
    [InlineData("2026-07-15 12:00", "2026-07-15T10:00:00Z")]
    [InlineData("2026-07-15", "2026-07-14T22:00:00Z")]
    public void A_time_without_an_offset_is_local_time(string text, string utc)
    {
        Assert.True(Times.TryParse(text, Clock, out var time));
        Assert.Equal(DateTimeOffset.Parse(utc), time);
    }

    [Fact]
    public void A_duration_is_that_long_ago()
    {
        Assert.True(Times.TryParse("36h", Clock, out var time));
        Assert.Equal(DateTimeOffset.Parse("2026-07-14T00:00:00Z"), time);
    }

    [Theory]
    [InlineData("")]
    [InlineData("yesterday")]
    [InlineData("18:00")]
    [InlineData("2026-13-01")]
    [InlineData("2026-02-30T00:00:00Z")]
    [InlineData("31.03.2026")]
    [InlineData("1774980000")]
    public void Anything_else_is_no_time(string text) => Assert.False(Times.TryParse(text, Clock, out _));

    private static FakeTimeProvider NewClock()
    {
        var clock = new FakeTimeProvider(DateTimeOffset.Parse("2026-07-15T12:00:00Z"));
        var summer = TimeZoneInfo.AdjustmentRule.CreateAdjustmentRule(
            DateTime.MinValue.Date,
            DateTime.MaxValue.Date,
            TimeSpan.FromHours(1),
            TimeZoneInfo.TransitionTime.CreateFloatingDateRule(new DateTime(1, 1, 1, 2, 0, 0), 3, 5, DayOfWeek.Sunday),
            TimeZoneInfo.TransitionTime.CreateFloatingDateRule(new DateTime(1, 1, 1, 3, 0, 0), 10, 5, DayOfWeek.Sunday));
        clock.SetLocalTimeZone(TimeZoneInfo.CreateCustomTimeZone("Test", TimeSpan.FromHours(1), "Test", "Test", "Test summer", [summer]));
        return clock;
    }
}
