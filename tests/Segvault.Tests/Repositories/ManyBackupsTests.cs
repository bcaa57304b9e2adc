using System.Diagnostics;
using Segvault.Repositories;
using Segvault.Testing;
using Xunit;

namespace Segvault.Tests.Repositories;

/// <summary>A repository that has lived for many years.</summary>
public sealed class ManyBackupsTests
{
    private const int Backups = 10_000;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Ten_thousand_backups_are_listed_from_a_checkpoint()
    {
        using var directory = new TempDirectory { DamagedBecause = "entries are recorded without the objects that they name" };
        await using (var made = await BackupRepository.CreateAsync(directory.Path, Token))
            await FillAsync(made.Objects);

        var started = Stopwatch.GetTimestamp();
        await using var repository = await BackupRepository.OpenAsync(directory.Path, Token);
        var state = await repository.Objects.Log.FoldAsync(Token);
        var opened = Stopwatch.GetElapsedTime(started);
        Assert.Null(state.Obstacle);
        Assert.Equal(Backups, state.Live.Count());

        started = Stopwatch.GetTimestamp();
        var whole = await repository.Objects.Log.FoldWholeAsync(Token);
        Assert.Equal(CheckpointTests.Describe(whole), CheckpointTests.Describe(state));
        TestContext.Current.SendDiagnosticMessage(
            $"{Backups} backups: opened and listed in {opened.TotalMilliseconds:f0} ms; the whole log folded in {Stopwatch.GetElapsedTime(started).TotalMilliseconds:f0} ms");
    }

    /// <summary>Writes entries as they would stand there, without a flush for each.</summary>
    private static async Task FillAsync(RepositoryObjects objects)
    {
        var state = LogState.Empty;
        for (int i = 0; i < Backups; i++)
        {
            var entry = LogStateTests.Add(ObjectId.NewRandom().ToString(), $"index-{i % 7}", DateTimeOffset.UnixEpoch.AddHours(i)) with
            {
                Number = i,
                Previous = state.TipSha256,
                Random = ObjectId.NewRandom().ToString(),
                Time = DateTimeOffset.UnixEpoch.AddHours(i),
            };
            byte[] bytes = LogReader.Seal(entry, objects.Id);
            string path = Path.Combine(objects.LocalDirectory!, LogReader.NameOf(i));
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            await File.WriteAllBytesAsync(path, bytes, Token);
            state = state.Apply(entry, LogReader.Hash(bytes));
            if (state.NextNumber == Backups / CheckpointStore.Interval * CheckpointStore.Interval)
                await new CheckpointStore(objects.Store, objects.Id).WriteAsync(state, Token);
        }
    }
}
