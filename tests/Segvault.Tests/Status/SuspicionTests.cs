using System.Collections.Immutable;
using Segvault.Backup;
using Segvault.Engines;
using Segvault.Testing;
using Segvault.Testing.Stores;
using Xunit;

namespace Segvault.Tests.Status;

/// <summary>Which changes of an index are remarked on, and what becomes of the remark.</summary>
public sealed class SuspicionTests : IDisposable
{
    private const long Megabyte = 1024 * 1024;
    private readonly TempDirectory _directory = new();

    public static TheoryData<string, long, string, long, string> Changes => new()
    {
        // Segments as id:documents or id:documents/deleted, before and after, with the bytes of each.
        { "a:100", Megabyte, "a:100", Megabyte, "" },
        { "a:100", Megabyte, "a:100 b:50", 2 * Megabyte, "" },
        { "a:100", Megabyte, "a:50/50", Megabyte, "" },
        { "a:100", Megabyte, "a:49/51", Megabyte, "shrank" },
        { "a:100", Megabyte, "", 0, "lost-all-documents" },
        { "", 0, "a:100", Megabyte, "" },
        { "a:9", Megabyte, "b:1", 200_000, "" },

        // Deletions that a merge made good: the size follows the documents that are left.
        { "a:400/600", 10 * Megabyte, "b:400", 4 * Megabyte, "" },
        { "a:1000", 10 * Megabyte, "a:1000", 4 * Megabyte, "shrank" },
        { "a:1000", 900_000, "b:1000", 100_000, "" },

        // Merges: all in one, several into several with one of them large, two commits apart.
        { "a:100 b:100 c:100", Megabyte, "d:300", Megabyte, "" },
        { "a:100 b:100 c:100", Megabyte, "d:200 e:100 f:90", Megabyte, "" },
        { "a:600 b:100", Megabyte, "c:700 d:900 e:800", 3 * Megabyte, "" },

        // Built anew from the same data, by several threads.
        { "a:500 b:500", Megabyte, "c:251 d:250 e:249 f:250", Megabyte, "" },
        { "a:500 b:500", Megabyte, "c:300 d:300 e:300 f:300", Megabyte, "" },

        // Another index under the same name.
        { "a:500 b:500", Megabyte, "c:200 d:200 e:200", Megabyte, "unrelated" },
        { "a:500 b:500", Megabyte, "c:400 d:400 e:400 f:400", 2 * Megabyte, "unrelated" },
        { "a:500 b:500", Megabyte, "c:40", Megabyte, "shrank unrelated" },
        { "a:500 b:500", Megabyte, "b:500 c:200 d:900", Megabyte, "" },
    };

    public void Dispose() => _directory.Dispose();

    [Theory]
    [MemberData(nameof(Changes))]
    public void What_applications_do_every_day_passes_and_what_looks_like_a_mishap_does_not(string before, long bytesBefore, string after, long bytesAfter, string expected)
    {
        var old = Parse(before);
        var manifest = new BackupManifest
        {
            Id = BackupId.NewRandom(),
            Version = 1,
            CreatedAt = default,
            PinnedAt = default,
            Type = BackupType.Full,
            Name = "index",
            Host = "host",
            IndexPath = "/index",
            Engine = "tantivy",
            Documents = old.Sum(segment => segment.Documents),
            DeletedDocuments = old.Sum(segment => segment.DeletedDocuments),
            Segments = old,
            Files = [],
            TotalSize = bytesBefore,
            Checksum = "",
        };
        var summary = new BackupSummary
        {
            Id = manifest.Id,
            Type = BackupType.Full,
            Time = default,
            Name = "index",
            Host = "host",
            Path = "/index",
            Engine = "tantivy",
            Documents = manifest.Documents,
            Segments = old.Length,
            Files = 1,
            Bytes = bytesBefore,
            BytesStored = 0,
        };
        var found = Suspicions.Find(new EarlierState(summary, manifest), new PresentState(Parse(after), bytesAfter));
        Assert.Equal(expected, string.Join(' ', found.Select(suspicion => suspicion.Flag)));
    }

    [Fact]
    public async Task An_index_that_shrank_is_stored_marked_warned_about_and_listed_so_until_somebody_confirms_it()
    {
        await using var bench = await RepositoryBench.CreateAsync();
        var index = TantivyFiles.Create(_directory.Combine("index"), segments: 3, documentsPerSegment: 100);
        var whole = await bench.BackUpAsync(index.Directory);
        index.RemoveSegment(index.Segments[0]);
        index.RemoveSegment(index.Segments[0]);
        index.WriteMeta();

        var planned = await bench.Manager.PlanBackupAsync(IndexSource.Open(index.Directory), cancellationToken: TestContext.Current.CancellationToken);
        var shrunk = await bench.BackUpAsync(index.Directory);
        Assert.Equal(["shrank"], shrunk.Backup.Flags);
        Assert.True(shrunk.Backup.IsSuspicious);
        Assert.Equal(ErrorCode.Shrank, Assert.Single(shrunk.Warnings).Code);
        Assert.Equal(shrunk.Warnings, planned.Warnings);
        Assert.Contains(whole.Backup.Id.ToShortString(), shrunk.Warnings[0].Message, StringComparison.Ordinal);

        // The wrong state is not what the next one is measured by.
        index.AddSegment(5);
        index.WriteMeta();
        var next = await bench.BackUpAsync(index.Directory);
        Assert.Equal(["shrank"], next.Backup.Flags);

        var confirmed = await bench.Repository.ConfirmBackupsAsync([next.Backup.Id], TestContext.Current.CancellationToken);
        Assert.True(Assert.Single(confirmed).Confirmed);
        Assert.False(confirmed[0].IsSuspicious);
        Assert.Equal(["shrank"], confirmed[0].Flags);
        Assert.Equal([false, false, true], (await bench.ListAsync()).Select(backup => backup.Confirmed));
        index.AddSegment(5);
        index.WriteMeta();
        Assert.Empty((await bench.BackUpAsync(index.Directory)).Backup.Flags);
    }

    [Fact]
    public async Task An_index_whose_documents_came_back_is_not_marked_any_more()
    {
        await using var bench = await RepositoryBench.CreateAsync();
        var index = TantivyFiles.Create(_directory.Combine("index"), segments: 3);
        await bench.BackUpAsync(index.Directory);
        var lost = index.Segments.ToList();
        lost.ForEach(index.RemoveSegment);
        index.WriteMeta();
        Assert.Equal([ErrorCode.LostAllDocuments], (await bench.BackUpAsync(index.Directory)).Backup.Flags);
        for (int i = 0; i < 3; i++)
            index.AddSegment(100);
        index.WriteMeta();
        Assert.Empty((await bench.BackUpAsync(index.Directory)).Backup.Flags);
    }

    [Fact]
    public async Task Only_backups_that_are_there_can_be_confirmed_and_saying_it_twice_writes_once()
    {
        await using var bench = await RepositoryBench.CreateAsync();
        var index = TantivyFiles.Create(_directory.Combine("index"));
        var backup = await bench.BackUpAsync(index.Directory);
        var token = TestContext.Current.CancellationToken;
        var unknown = await Assert.ThrowsAsync<BackupNotFoundException>(() => bench.Repository.ConfirmBackupsAsync([backup.Backup.Id, BackupId.NewRandom()], token));
        Assert.Equal(ErrorCode.BackupNotFound, unknown.Code);
        await bench.Repository.ConfirmBackupsAsync([backup.Backup.Id], token);
        await bench.Repository.ConfirmBackupsAsync([backup.Backup.Id], token);
        Assert.Equal(2, bench.Memory.NamesOf("log/").Count);
    }

    private static ImmutableArray<SegmentSummary> Parse(string text) =>
    [
        .. text.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(segment =>
        {
            string[] parts = segment.Split(':', '/');
            return new SegmentSummary(parts[0], long.Parse(parts[1]), parts.Length > 2 ? long.Parse(parts[2]) : 0);
        }),
    ];
}
