using Segvault.Testing;
using Xunit;

namespace Segvault.Package.Tests;

/// <summary>A program of a user, in a directory of its own, that has nothing of this project but the package.</summary>
public sealed class ConsumerTests(Packages packages) : IDisposable
{
    private readonly TempDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task A_program_compiles_against_the_package_and_backs_up_and_restores_with_it()
    {
        var source = await packages.GetDirectoryAsync();
        var version = NuGetPackage.Open(source, "Segvault")["version"]!;
        var project = _directory.CreateDirectory("consumer");
        File.Copy(Path.Combine(AppContext.BaseDirectory, "Consumer", "Consumer.csproj.txt"), Path.Combine(project, "Consumer.csproj"));
        File.Copy(Path.Combine(AppContext.BaseDirectory, "Consumer", "Program.cs"), Path.Combine(project, "Program.cs"));

        // The package from the directory and from nowhere else; what it depends on from where the build of this project has put it. The package is
        // not to stay there, where the next version of the same number would not be looked at.
        await File.WriteAllTextAsync(
            Path.Combine(project, "nuget.config"),
            $"<configuration><packageSources><clear /><add key=\"packages\" value=\"{source}\" /></packageSources></configuration>",
            TestContext.Current.CancellationToken);
        await Shell.RunAsync(
            project,
            [
                "dotnet", "build", "-o", "out", "--nologo", "-v", "quiet", $"-p:SegvaultVersion={version}",
                $"-p:RestorePackagesPath={_directory.Combine("packages")}", $"-p:RestoreFallbackFolders={GlobalPackages()}",
            ],
            cancellationToken: TestContext.Current.CancellationToken);

        var index = TantivyFiles.Create(_directory.Combine("products"));
        var target = _directory.Combine("restored");
        var output = await Shell.RunAsync(
            project,
            ["dotnet", Path.Combine("out", "Consumer.dll"), index.Directory, _directory.Combine("repository"), target],
            cancellationToken: TestContext.Current.CancellationToken);

        Assert.Equal(["listed products Full", "problems 0", $"restored {index.Documents}", "refused target-exists"], output.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries));
        Assert.Equal(DirectoryContent.Of(index), DirectoryContent.Of(target));
    }

    private static string GlobalPackages() => Environment.GetEnvironmentVariable("NUGET_PACKAGES") is { Length: > 0 } named
        ? named
        : Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".nuget", "packages");
}
