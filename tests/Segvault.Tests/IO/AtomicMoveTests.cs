using Segvault.IO;
using Segvault.Testing;
using Xunit;

namespace Segvault.Tests.IO;

public sealed class AtomicMoveTests : IDisposable
{
    private readonly TempDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Theory]
    [InlineData(false)]
    [InlineData(true, Skip = "Windows needs no such fallback.", SkipType = typeof(TestMachine), SkipUnless = nameof(TestMachine.IsUnix))]
    public async Task Of_eight_racing_moves_to_one_name_exactly_one_wins(bool byLinks)
    {
        const int Rounds = 300;
        const int Racers = 8;
        var winners = new List<int>[Rounds];
        using var start = new Barrier(Racers);
        await Task.WhenAll(Enumerable.Range(0, Racers).Select(racer => Task.Factory.StartNew(() => Race(racer), TaskCreationOptions.LongRunning)));

        for (int round = 0; round < Rounds; round++)
        {
            int winner = Assert.Single(winners[round]);
            Assert.Equal($"{winner}", await File.ReadAllTextAsync(_directory.Combine($"round-{round}"), TestContext.Current.CancellationToken));
        }

        void Race(int racer)
        {
            string source = _directory.Combine($"source-{racer}");
            for (int round = 0; round < Rounds; round++)
            {
                File.WriteAllText(source, $"{racer}");
                string destination = _directory.Combine($"round-{round}");
                start.SignalAndWait();
                if (byLinks ? AtomicRename.TryLinkAndUnlink(source, destination) : AtomicRename.TryMoveIfAbsent(source, destination))
                {
                    lock (winners)
                        (winners[round] ??= []).Add(racer);
                }
            }
        }
    }

    [Fact]
    public void A_name_that_exists_is_left_alone()
    {
        (string source, string destination) = TwoFiles();

        Assert.False(AtomicRename.TryMoveIfAbsent(source, destination));

        Assert.Equal("first", File.ReadAllText(source));
        Assert.Equal("second", File.ReadAllText(destination));
    }

    [Fact]
    public void A_directory_moves_to_a_new_name_and_not_onto_an_empty_directory()
    {
        string source = _directory.CreateDirectory("source");
        File.WriteAllText(Path.Combine(source, "file"), "x");
        string taken = _directory.CreateDirectory("taken");
        string free = _directory.Combine("free");

        Assert.False(AtomicRename.TryMoveIfAbsent(source, taken));
        Assert.True(AtomicRename.TryMoveIfAbsent(source, free));
        Assert.True(File.Exists(Path.Combine(free, "file")));
    }

    [Fact]
    public void Moving_what_is_not_there_names_the_missing_file()
    {
        var e = Assert.Throws<FileNotFoundException>(() => AtomicRename.TryMoveIfAbsent(_directory.Combine("none"), _directory.Combine("new")));

        Assert.Contains("none", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Moving_into_a_directory_that_is_not_there_says_so()
    {
        (string source, _) = TwoFiles();

        Assert.Throws<DirectoryNotFoundException>(() => AtomicRename.TryMoveIfAbsent(source, _directory.Combine("none", "new")));
    }

    [UnixFact("Windows needs no such fallback.")]
    public void A_link_that_the_server_made_but_reported_as_existing_counts_as_moved()
    {
        string source = _directory.Combine("source");
        string destination = _directory.Combine("destination");
        File.WriteAllText(source, "x");
        Assert.True(FileLinks.TryHardLink(source, destination));

        Assert.True(AtomicRename.TryLinkAndUnlink(source, destination));

        Assert.False(File.Exists(source));
        Assert.Equal("x", File.ReadAllText(destination));
    }

    [UnixFact("Windows needs no such fallback.")]
    public void A_directory_is_moved_to_a_free_name_also_without_the_flag()
    {
        string source = _directory.CreateDirectory("source");
        File.WriteAllText(Path.Combine(source, "file"), "x");
        Directory.CreateDirectory(_directory.Combine("taken"));

        Assert.False(AtomicRename.TryLinkAndUnlink(source, _directory.Combine("taken")));
        Assert.True(File.Exists(Path.Combine(source, "file")));
        Assert.True(AtomicRename.TryLinkAndUnlink(source, _directory.Combine("new")));
        Assert.True(File.Exists(_directory.Combine("new", "file")));
        Assert.False(Directory.Exists(source));
        Assert.Throws<DirectoryNotFoundException>(() => AtomicRename.TryLinkAndUnlink(_directory.Combine("new"), _directory.Combine("none", "new")));
    }

    [WindowsFact("Elsewhere files that are open can be replaced.")]
    public async Task Who_has_a_file_open_for_an_instant_only_delays_its_replacement()
    {
        (string source, string destination) = TwoFiles();
        var reader = new FileStream(destination, FileMode.Open, FileAccess.Read, FileShare.Read);

        var begun = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        Task replacing = Task.Run(() => Replace(begun), TestContext.Current.CancellationToken);
        await begun.Task;
        await Task.Delay(30, TestContext.Current.CancellationToken);
        await reader.DisposeAsync();
        await replacing;

        Assert.Equal("first", await File.ReadAllTextAsync(destination, TestContext.Current.CancellationToken));

        void Replace(TaskCompletionSource begun)
        {
            begun.SetResult();
            AtomicRename.Replace(source, destination);
        }
    }

    [Fact]
    public void Replacing_leaves_one_file_with_the_new_content()
    {
        (string source, string destination) = TwoFiles();

        AtomicRename.Replace(source, destination);

        Assert.False(File.Exists(source));
        Assert.Equal("first", File.ReadAllText(destination));
    }

    private (string First, string Second) TwoFiles()
    {
        (string first, string second) = (_directory.Combine("first"), _directory.Combine("second"));
        File.WriteAllText(first, "first");
        File.WriteAllText(second, "second");
        return (first, second);
    }
}
