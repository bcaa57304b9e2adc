using System.Security.Cryptography;
using System.Text;
using Segvault.Repositories;
using Segvault.Testing;
using Segvault.Testing.Stores;
using Xunit;

namespace Segvault.Tests.Repositories;

public sealed class NewerVersionTests : IAsyncLifetime
{
    private readonly TempDirectory _directory = new();
    private RepositoryBench _bench = null!;
    private TantivyFiles _index = null!;
    private BackupResult _backup = null!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _bench = await RepositoryBench.CreateAsync();
        _index = TantivyFiles.Create(_directory.Combine("index"), segments: 1);
        _backup = await _bench.BackUpAsync(_index.Directory);
    }

    public async ValueTask DisposeAsync()
    {
        await _bench.DisposeAsync();
        _directory.Dispose();
    }

    [Fact]
    public async Task A_kind_that_demands_nothing_is_passed_over()
    {
        await _bench.AppendAsync(_ => RepositoryBench.Entry("Applause"));
        _index.AddSegment(5);
        _index.WriteMeta();
        await _bench.BackUpAsync(_index.Directory);
        Assert.Equal(2, (await _bench.ListAsync()).Count);
        Assert.Empty((await _bench.VerifyAsync()).Problems);
    }

    [Fact]
    public async Task What_writers_must_understand_forbids_writing_and_nothing_else()
    {
        await _bench.AppendAsync(_ => RepositoryBench.Entry("Feature") with { Requires = new LogRequirements { Write = ["signatures"] } });
        int objects = _bench.Memory.Objects.Count;
        var refused = await Assert.ThrowsAsync<UnsupportedFormatException>(() => _bench.BackUpAsync(_index.Directory));
        Assert.Contains("signatures", refused.Message, StringComparison.Ordinal);
        Assert.Equal(objects, _bench.Memory.Objects.Count);
        Assert.Single(await _bench.ListAsync());
        await AssertRestoresAsync();
    }

    [Fact]
    public async Task What_readers_must_understand_leaves_only_restoring_by_id()
    {
        _bench.DamagedBecause = "it is of a version yet to come";
        await using var newer = await _bench.OpenAnotherAsync();
        await newer.AppendAsync(_ => RepositoryBench.Entry("Rewrite") with { Requires = new LogRequirements { Read = ["rewrites"] } });
        await using var other = await _bench.OpenAnotherAsync();
        foreach (var bench in new[] { _bench, other })
        {
            await Assert.ThrowsAsync<UnsupportedFormatException>(() => bench.BackUpAsync(_index.Directory));
            await Assert.ThrowsAsync<UnsupportedFormatException>(() => bench.Manager.FindBackupAsync("latest", cancellationToken: Token));
            await Assert.ThrowsAsync<UnsupportedFormatException>(bench.ListAsync);
            await Assert.ThrowsAsync<UnsupportedFormatException>(() => bench.VerifyAsync());
        }

        await AssertRestoresAsync();
    }

    [Fact]
    public async Task An_intact_entry_of_a_newer_format_is_told_from_damage()
    {
        _bench.DamagedBecause = "it is of a version yet to come";
        byte[] entry = LogReader.Seal(_bench.ReadEntry(0) with { Number = 1 }, _bench.Repository.Objects.Id);
        entry[9] = 2;
        SHA256.HashData(entry.AsSpan()[..^32], entry.AsSpan()[^32..]);
        _bench.Memory.Objects[LogReader.NameOf(1)] = entry;
        await Assert.ThrowsAsync<UnsupportedFormatException>(_bench.ListAsync);
        await Assert.ThrowsAsync<UnsupportedFormatException>(() => _bench.BackUpAsync(_index.Directory));
        await AssertRestoresAsync();
    }

    [Theory]
    [InlineData("\"format\": 1", "\"format\": 2")]
    [InlineData("\"suite\": \"none\"", "\"suite\": \"aes\"")]
    public async Task A_newer_or_encrypted_repository_is_not_opened(string was, string becomes)
    {
        _bench.DamagedBecause = "it is of a version yet to come";
        string text = Encoding.UTF8.GetString(_bench.Memory.Objects[RepositoryDescriptor.ObjectName]);
        string checksum = RepositoryDescriptor.Parse(Encoding.UTF8.GetBytes(text), "here").Checksum!;
        Assert.Contains(was, text, StringComparison.Ordinal);
        text = text.Replace(was, becomes, StringComparison.Ordinal).Replace(checksum, new string('0', 64), StringComparison.Ordinal);
        text = text.Replace(new string('0', 64), Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text))), StringComparison.Ordinal);
        _bench.Memory.Objects[RepositoryDescriptor.ObjectName] = Encoding.UTF8.GetBytes(text);
        Assert.Equal(
            ErrorCode.RepositoryNewer,
            (await Assert.ThrowsAsync<UnsupportedFormatException>(() => BackupRepository.OpenAsync(_bench.Memory, cancellationToken: Token))).Code);
    }

    private async Task AssertRestoresAsync()
    {
        string target = _directory.Combine($"restored-{Guid.NewGuid():n}");
        await _bench.Manager.RestoreBackupAsync(_backup.Backup.Id, target, cancellationToken: Token);
        Assert.Equal(DirectoryContent.Of(_index), DirectoryContent.Of(target));
    }
}
