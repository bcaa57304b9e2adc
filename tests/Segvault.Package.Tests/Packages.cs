using System.Runtime.InteropServices;
using Segvault.Testing;
using Xunit;

[assembly: AssemblyFixture(typeof(Segvault.Package.Tests.Packages))]

namespace Segvault.Package.Tests;

/// <summary>What <c>eng/pack</c> and <c>eng/publish</c> make, made once for all tests when the first one asks.</summary>
public sealed class Packages : IDisposable
{
    private readonly TempDirectory _directory = new();
    private readonly Lazy<Task<string>> _packages;
    private readonly Lazy<Task<string>> _native = new(PublishAsync);

    private readonly Lazy<Task<string>> _windows = new(PublishForWindowsAsync);

    public Packages() => _packages = new(PackAsync);

    public void Dispose() => _directory.Dispose();

    /// <summary>The directory with both packages.</summary>
    public Task<string> GetDirectoryAsync() => _packages.Value;

    /// <summary>The native program: the one that SEGVAULT_NATIVE names, or one that is published now.</summary>
    public Task<string> GetNativeProgramAsync() => _native.Value;

    /// <summary>The program for Windows, with the runtime it needs, to be run by <c>eng/wine run</c>.</summary>
    public Task<string> GetWindowsProgramAsync() => _windows.Value;

    internal async Task<NuGetPackage> OpenAsync(string id) => NuGetPackage.Open(await GetDirectoryAsync(), id);

    private async Task<string> PackAsync()
    {
        TestBench.Require(!OperatingSystem.IsWindows(), "eng/pack is a script for bash");
        await RunScriptAsync("pack", _directory.Combine("packages"));
        return _directory.Combine("packages");
    }

    private static async Task<string> PublishAsync()
    {
        if (Environment.GetEnvironmentVariable("SEGVAULT_NATIVE") is { Length: > 0 } named)
            return Path.GetFullPath(named);
        TestBench.Require(OperatingSystem.IsLinux(), "the native program is made on Linux");
        TestBench.Require(
            Environment.IsPrivilegedProcess || TestBench.FindProgram("clang") is not null || TestBench.FindProgram("gcc") is not null,
            "neither clang nor gcc is installed, to link the native program");
        return (await RunScriptAsync("publish", $"linux-{RuntimeInformation.OSArchitecture.ToString().ToLowerInvariant()}")).Trim();
    }

    private static async Task<string> PublishForWindowsAsync()
    {
        TestBench.Require(OperatingSystem.IsLinux(), "Wine is set up on Linux");
        return (await RunScriptAsync("wine", "publish", "src/Segvault.Cli")).Trim();
    }

    private static Task<string> RunScriptAsync(string name, params IReadOnlyList<string> arguments) =>
        Shell.RunAsync(RepositoryRoot.Combine(), [RepositoryRoot.Combine("eng", name), .. arguments]);
}
