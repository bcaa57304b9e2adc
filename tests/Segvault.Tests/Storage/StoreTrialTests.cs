using Segvault.Storage;
using Segvault.Testing;
using Xunit;

namespace Segvault.Tests.Storage;

/// <summary>Trying out a directory, before it has a repository and after.</summary>
public sealed class StoreTrialTests : IDisposable
{
    private readonly TempDirectory _directory = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task A_directory_that_was_absent_is_absent_again()
    {
        var report = await BackupRepository.TestStoreAsync(_directory.Combine("new", "repository"), StoreConformanceOptions.Quick, cancellationToken: Token);
        Assert.True(report.Passed, report.Checks.FirstOrDefault(check => !check.Passed)?.Problem);
        Assert.Equal(StoreConformance.Checks, report.Checks.Select(check => check.Check));
        Assert.Empty(Directory.EnumerateFileSystemEntries(_directory.Path));
    }

    [Fact]
    public async Task Stopped_half_way_it_leaves_nothing_either()
    {
        string place = _directory.CreateDirectory("empty");
        using var stop = new CancellationTokenSource();
        var progress = new StopsAfter(stop, "invisible-until-complete");
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => BackupRepository.TestStoreAsync(place, StoreConformanceOptions.Quick, progress, stop.Token));
        Assert.Empty(Directory.EnumerateFileSystemEntries(place));
    }

    [Fact]
    public async Task A_repository_is_as_it_was()
    {
        string place = _directory.Combine("repository");
        await (await BackupRepository.CreateAsync(place, Token)).DisposeAsync();
        var before = Directory.EnumerateFileSystemEntries(place, "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal).ToList();
        Assert.True((await BackupRepository.TestStoreAsync(place, StoreConformanceOptions.Quick, cancellationToken: Token)).Passed);
        Assert.Equal(before, Directory.EnumerateFileSystemEntries(place, "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task A_directory_with_something_else_in_it_is_refused_and_not_touched()
    {
        await File.WriteAllTextAsync(_directory.Combine("thesis.txt"), "mine", Token);
        var refused = await Assert.ThrowsAsync<RefusedException>(() => BackupRepository.TestStoreAsync(_directory.Path, cancellationToken: Token));
        Assert.Equal(ErrorCode.RepositoryNotEmpty, refused.Code);
        Assert.Single(Directory.EnumerateFileSystemEntries(_directory.Path));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task What_a_trial_that_was_killed_left_goes_a_day_later_and_a_running_one_is_left_alone(bool isRepository)
    {
        string place = _directory.CreateDirectory("repository");
        if (isRepository)
            await (await BackupRepository.CreateAsync(place, Token)).DisposeAsync();
        string killed = Leave(place, "probes", $"{Guid.NewGuid():n}", "a", "1");
        string probe = Leave(place, "probes", $"{Guid.NewGuid():n}");
        string upload = Leave(place, "tmp", $"{Guid.NewGuid():n}");
        string room = Path.Combine("probes", $"{Guid.NewGuid():n}");
        string before = Leave(place, room, "1");
        string now = Leave(place, room, "2");
        string foreign = Leave(place, "probes", "of-somebody", "1");
        foreach (string old in new[] { killed, probe, upload, before, foreign })
            File.SetLastWriteTimeUtc(old, DateTime.UtcNow.AddHours(-25));
        File.SetLastWriteTimeUtc(now, DateTime.UtcNow.AddHours(-23));
        Assert.True((await BackupRepository.TestStoreAsync(place, StoreConformanceOptions.Quick, cancellationToken: Token)).Passed);
        Assert.All(new[] { killed, probe, upload }, gone => Assert.False(File.Exists(gone), gone));
        Assert.False(Directory.Exists(Path.Combine(killed, "..", "..")));
        Assert.All(new[] { before, now, foreign }, left => Assert.True(File.Exists(left), left));
    }

    private static string Leave(params ReadOnlySpan<string> parts)
    {
        string path = Path.Combine(parts);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, "left");
        return path;
    }

    private sealed class StopsAfter(CancellationTokenSource stop, string check) : IProgress<StoreCheckResult>
    {
        public void Report(StoreCheckResult value)
        {
            if (value.Check == check)
                stop.Cancel();
        }
    }
}
