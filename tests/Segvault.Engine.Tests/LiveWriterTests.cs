using System.Diagnostics;
using Segvault.Engines;
using Segvault.IO;
using Segvault.Testing;
using Xunit;

namespace Segvault.Engine.Tests;

/// <summary>An application that writes is never written over, and there is only ever one lock for it to hold.</summary>
public sealed class LiveWriterTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task While_a_writer_is_alive_nothing_is_restored_over_its_index(bool inPlace)
    {
        await using var bench = await BackupBench.CreateAsync();
        var index = await bench.CreateIndexAsync(documents: 20);
        var backup = (await bench.BackUpAsync()).Backup;
        await BackupBench.CommitAsync(index, 100, 20);
        var before = ReadEntries(bench.Index);

        var busy = await Assert.ThrowsAsync<IndexBusyException>(() => bench.ReplaceAsync(backup, inPlace));
        Assert.Equal(ErrorCode.WriterActive, busy.Code);
        Assert.Equal(before, ReadEntries(bench.Index));

        await BackupBench.CommitAsync(index, 200, 20);
        await index.CloseWriterAsync(Token);
        Assert.Equal(60, (await bench.ReadStateAsync()).Count);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_writer_opened_after_a_restore_commits_merges_and_leaves_no_orphans(bool inPlace)
    {
        await using var bench = await BackupBench.CreateAsync();
        var index = await bench.CreateIndexAsync(documents: 100);
        await BackupBench.CommitAsync(index, 200, 10, [1, 2]);
        await index.CloseWriterAsync(Token);
        var backup = (await bench.BackUpAsync()).Backup;

        // The same deletions once more: a deletion list of the same name, with other content, would stop the next commit.
        for (var i = 0; i < 3; i++)
            await BackupBench.CommitAsync(index, 300 + i, 1, [3 + i]);
        await index.CloseWriterAsync(Token);
        await bench.ReplaceAsync(backup, inPlace);

        await using var application = TantivyHost.Start();
        var writer = await application.OpenAsync(bench.Index, cancellationToken: Token);
        for (var i = 0; i < 8; i++)
            await BackupBench.CommitAsync(writer, 300 + i, 1, [10 + i]);
        await writer.CloseWriterAsync(Token);
        Assert.Equal(108, (await bench.ReadStateAsync()).Count);
        var inspection = await bench.InspectAsync();
        Assert.Empty(inspection.OrphanFiles);
        Assert.Empty(inspection.Problems);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Who_waits_for_the_writer_lock_across_a_restore_gets_the_one_lock_there_is(bool inPlace)
    {
        TestBench.Require(TestBench.FindProgram("flock") is not null, "flock is not installed");
        await using var bench = await BackupBench.CreateAsync();
        var index = await bench.CreateIndexAsync(documents: 20);
        var backup = (await bench.BackUpAsync()).Backup;
        await BackupBench.CommitAsync(index, 100, 20);
        await index.CloseWriterAsync(Token);
        var lockFiles = new[] { ".tantivy-writer.lock", ".tantivy-meta.lock" }.Select(name => Path.Combine(bench.Index, name)).ToArray();
        var before = lockFiles.Select(path => FileStatus.TryRead(path)!.Identity).ToArray();

        Process? waiting = null;
        var onProgress = new InlineProgress(_ => waiting ??= StartWaiting(lockFiles[0]));
        await bench.Backups.RestoreBackupAsync(
            backup.Id, bench.Index, new() { IfTargetExists = IfTargetExists.Replace, InPlace = inPlace }, onProgress, Token);
        using var holder = waiting!;
        Assert.Equal("mine", await holder.StandardOutput.ReadLineAsync(Token));
        Assert.Equal(before, lockFiles.Select(path => FileStatus.TryRead(path)!.Identity));

        var writer = await bench.Host.OpenAsync(bench.Index, cancellationToken: Token);
        var refused = await Assert.ThrowsAsync<TantivyException>(() => writer.AddAsync(200, 1, cancellationToken: Token));
        Assert.Contains("LockBusy", refused.Message, StringComparison.Ordinal);
        holder.StandardInput.Close();
        await holder.WaitForExitAsync(Token);
        await BackupBench.CommitAsync(writer, 200, 1);
        await writer.CloseWriterAsync(Token);
        Assert.Equal(21, (await bench.ReadStateAsync()).Count);
    }

    [Fact]
    public async Task A_backup_that_wants_the_index_idle_is_refused_beside_a_writer()
    {
        await using var bench = await BackupBench.CreateAsync();
        var index = await bench.CreateIndexAsync(documents: 10);
        await index.AddAsync(100, 1, cancellationToken: Token);

        var busy = await Assert.ThrowsAsync<IndexBusyException>(() => bench.BackUpAsync(new() { RequireIdle = true }));
        Assert.Equal(ErrorCode.WriterActive, busy.Code);
        Assert.False((await bench.BackUpAsync()).Unchanged);
        await index.CloseWriterAsync(Token);
        Assert.True((await bench.BackUpAsync(new() { RequireIdle = true })).Unchanged);
    }

    [Fact]
    public async Task A_backup_that_wants_the_index_idle_keeps_it_so()
    {
        await using var bench = await BackupBench.CreateAsync();
        var index = await bench.CreateIndexAsync(documents: 10);
        string? refusal = null;
        var source = IndexSource.Open(bench.Index) with
        {
            PinnedAsync = async token =>
                refusal = (await Assert.ThrowsAsync<TantivyException>(() => index.AddAsync(100, 1, cancellationToken: token))).Message,
        };

        await bench.Backups.CreateBackupAsync(source, new() { RequireIdle = true }, cancellationToken: Token);
        Assert.Contains("LockBusy", refusal, StringComparison.Ordinal);
        await BackupBench.CommitAsync(index, 100, 1);
    }

    [Fact]
    public async Task What_the_application_commits_when_asked_to_flush_is_in_the_backup()
    {
        await using var bench = await BackupBench.CreateAsync();
        var index = await bench.CreateIndexAsync(documents: 10);
        await index.AddAsync(100, 5, cancellationToken: Token);
        var source = IndexSource.Open(bench.Index) with
        {
            FlushAsync = async token => await index.CommitAsync(token),
            PinnedAsync = async token => await BackupBench.CommitAsync(index, 200, 1),
        };

        var taken = await bench.Backups.CreateBackupAsync(source, cancellationToken: Token);
        Assert.Equal(15, taken.Backup.Documents);
        Assert.Equal(15, (await bench.RestoreAndReadAsync(taken.Backup)).Count);
        Assert.Equal(16, (await bench.ReadStateAsync()).Count);
    }

    /// <summary>Starts a process that waits for a lock, and returns once it has the lock file open.</summary>
    private static Process StartWaiting(string lockFile)
    {
        var start = new ProcessStartInfo("flock", ["-x", lockFile, "sh", "-c", "echo mine; cat > /dev/null"])
        {
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        };
        var process = Process.Start(start)!;
        while (!process.HasExited && !Opened(process.Id).Contains(lockFile))
            Thread.Sleep(1);
        return process;
    }

    private static IEnumerable<string?> Opened(int process) =>
        Directory.GetFileSystemEntries($"/proc/{process}/fd").Select(link => new FileInfo(link).LinkTarget);

    private static List<(string Name, long Length, DateTime Modified, string Identity)> ReadEntries(string directory) =>
    [
        .. new DirectoryInfo(directory).EnumerateFileSystemInfos("*", SearchOption.AllDirectories)
            .Select(entry => (entry.Name, entry is FileInfo file ? file.Length : 0, entry.LastWriteTimeUtc, FileStatus.TryRead(entry.FullName)!.Identity.ToString()))
            .Order(),
    ];

    private sealed class InlineProgress(Action<OperationProgress> report) : IProgress<OperationProgress>
    {
        private readonly Lock _gate = new();

        public void Report(OperationProgress value)
        {
            lock (_gate) report(value);
        }
    }
}
