using Segvault.IO;
using Segvault.IO.Native;
using Segvault.Testing;
using Xunit;

namespace Segvault.Tests.IO;

public sealed class NativeErrorTests
{
    [UnixFact("Numbers of Unix.")]
    public void A_process_out_of_handles_has_an_exception_of_its_own()
    {
        Assert.IsType<TooManyOpenFilesException>(NativeError.For(Errno.TooManyInProcess, "open", "/x"));
        Assert.IsType<TooManyOpenFilesException>(NativeError.For(Errno.TooManyInSystem, "open", "/x"));
    }

    [LinuxFact("Looks at /proc.")]
    public void Forbidden_names_the_owner()
    {
        var e = Assert.IsType<UnauthorizedAccessException>(NativeError.For(Errno.AccessDenied, "open", "/proc/1/status"));

        Assert.EndsWith("(it belongs to root)", e.Message, StringComparison.Ordinal);
    }

    [UnixFact("Numbers of Unix.")]
    public void A_full_disk_is_recognised_whoever_noticed_it()
    {
        Assert.SkipUnless(File.Exists("/dev/full"), "There is no /dev/full.");
        var noticedByNet = Assert.Throws<IOException>(() => File.WriteAllText("/dev/full", "x"));

        Assert.True(NativeError.IsDiskFull(noticedByNet));
        Assert.True(NativeError.IsDiskFull(new InvalidOperationException("wrapped", NativeError.For(Errno.NoSpace, "write", "/x"))));
        Assert.True(NativeError.IsDiskFull(NativeError.For(Errno.Quota, "write", "/x")));
    }

    [Fact]
    public void Other_errors_are_no_full_disk()
    {
        using var directory = new TempDirectory();

        Assert.False(NativeError.IsDiskFull(null));
        Assert.False(NativeError.IsDiskFull(new IOException("anything")));
        Assert.False(NativeError.IsDiskFull(Assert.Throws<FileNotFoundException>(() => SourceFile.OpenRead(directory.Combine("none")))));
    }
}
