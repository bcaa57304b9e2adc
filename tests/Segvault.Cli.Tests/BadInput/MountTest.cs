using System.Diagnostics;
using Segvault.Testing;

namespace Segvault.Cli.Tests.BadInput;

/// <summary>Tests on a file system of their own, unmounted at the end.</summary>
public abstract class MountTest : BadInputTest
{
    protected MountTest() => SkipOnWindows();

    protected string Mount => PathOf("mount");

    public override void Dispose()
    {
        try
        {
            AssertConsistent();
        }
        finally
        {
            Unmount();
            base.Dispose();
            GC.SuppressFinalize(this);
        }
    }

    private void Unmount()
    {
        if (!Directory.Exists(Mount))
            return;
        using var unmount = Process.Start("umount", ["-l", Mount]);
        unmount.WaitForExit();
    }

    protected async Task MountAsync(params IEnumerable<string> options)
    {
        Directory.CreateDirectory(Mount);
        var start = new ProcessStartInfo("mount", [.. options, Mount]) { UseShellExecute = false, RedirectStandardError = true };
        using var mount = Process.Start(start)!;
        var error = await mount.StandardError.ReadToEndAsync(Cancellation);
        await mount.WaitForExitAsync(Cancellation);
        TestBench.Require(mount.ExitCode == 0, $"File systems cannot be mounted here: {error}");
    }
}
