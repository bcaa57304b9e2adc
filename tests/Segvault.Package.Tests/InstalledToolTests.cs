using Segvault.Testing;
using Xunit;

namespace Segvault.Package.Tests;

/// <summary>The tool, installed out of its package and from nowhere else.</summary>
public sealed class InstalledToolTests(Packages packages) : IDisposable
{
    private readonly TempDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task The_installed_command_backs_up_and_restores_an_index()
    {
        var source = await packages.GetDirectoryAsync();
        var tools = _directory.Combine("tools");
        await Shell.RunAsync(
            _directory.Path,
            ["dotnet", "tool", "install", "Segvault.Cli", "--tool-path", tools, "--source", source, "--no-cache"],
            cancellationToken: TestContext.Current.CancellationToken);

        var index = TantivyFiles.Create(_directory.Combine("products"));
        var before = DirectoryContent.Of(index);
        var installed = Path.Combine(tools, OperatingSystem.IsWindows() ? "segvault.exe" : "segvault");
        await new SegvaultProgram(installed, _directory.Combine("repository")).BackUpLoseAndRestoreAsync(index.Directory, index.Documents);
        Assert.Equal(before, DirectoryContent.Of(index));
    }
}
