using Segvault.Engines.Tantivy;
using Segvault.IO;
using Segvault.Testing;
using Xunit;

namespace Segvault.Tests.Engines.Tantivy;

public sealed class EngineLockTests : IDisposable
{
    private readonly TempDirectory _directory = new();
    private readonly TantivyEngine _engine = new();

    [Fact]
    public void The_writers_lock_is_taken_and_the_file_stays()
    {
        string path = _directory.Combine(".tantivy-writer.lock");
        using (_engine.TryLockWriter(_directory.Path))
        {
            Assert.Equal(AdvisoryLockResult.Busy, AdvisoryLock.TryAcquire(path, out _));
            Assert.Null(_engine.TryLockWriter(_directory.Path));
        }

        Assert.Equal(AdvisoryLockResult.Acquired, AdvisoryLock.TryAcquire(path, out var held));
        held!.Dispose();
    }

    [Fact]
    public async Task The_readers_lock_is_waited_for_only_so_long()
    {
        using var first = await _engine.TryLockReadersAsync(_directory.Path, TimeSpan.Zero, TestContext.Current.CancellationToken);
        Assert.NotNull(first);
        Assert.Null(await _engine.TryLockReadersAsync(_directory.Path, TimeSpan.FromMilliseconds(30), TestContext.Current.CancellationToken));
        var waiting = _engine.TryLockReadersAsync(_directory.Path, TimeSpan.FromMinutes(5), TestContext.Current.CancellationToken).AsTask();
        first.Dispose();
        using var second = await waiting;
        Assert.NotNull(second);
    }

    [Fact]
    [Trait("needs", "ordinary-user")]
    public void A_lock_that_may_not_be_made_is_an_error()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows has no modes.");
        Assert.SkipWhen(Environment.IsPrivilegedProcess, "Root may write everywhere.");
        string index = _directory.CreateDirectory("index");
        Modes.Set(index, UnixFileMode.UserRead | UnixFileMode.UserExecute);
        var thrown = Assert.Throws<SegvaultException>(() => _engine.TryLockWriter(index));
        Assert.Equal(ErrorCode.PermissionDenied, thrown.Code);
        Assert.Contains(index, thrown.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_lock_in_a_directory_that_is_gone_is_an_error()
    {
        var thrown = Assert.Throws<SegvaultException>(() => _engine.TryLockWriter(_directory.Combine("gone")));
        Assert.Equal(ErrorCode.PathNotFound, thrown.Code);
    }

    public void Dispose() => _directory.Dispose();
}
