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

    private sealed class StopsAfter(CancellationTokenSource stop, string check) : IProgress<StoreCheckResult>
    {
        public void Report(StoreCheckResult value)
        {
            if (value.Check == check)
                stop.Cancel();
        }
    }
}
