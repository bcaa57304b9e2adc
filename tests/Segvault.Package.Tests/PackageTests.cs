using System.Reflection.PortableExecutable;
using System.Text;
using Segvault.Testing;
using Xunit;

namespace Segvault.Package.Tests;

/// <summary>What is in the packages, and what they say of themselves.</summary>
public sealed class PackageTests(Packages packages)
{
    private const string ToolDirectory = "tools/net10.0/any/";

    [Fact]
    public async Task The_library_comes_with_its_documentation_and_nothing_else()
    {
        var package = await packages.OpenAsync("Segvault");

        Assert.Equal(["README.md", "lib/net10.0/Segvault.dll", "lib/net10.0/Segvault.xml"], package.Files);
        var documented = package.ReadXml("lib/net10.0/Segvault.xml").Descendants("member").Select(member => member.Attribute("name")!.Value);
        Assert.Contains("T:Segvault.BackupManager", documented);
        Console.WriteLine($"  Segvault.nupkg: {package.Length:N0} bytes");
    }

    /// <summary>Whoever uses the library gets these too. One more is a decision, and belongs here when it was made.</summary>
    [Fact]
    public async Task The_library_needs_only_the_packages_that_are_meant() => Assert.Equal(
        ["DistributedLock.Core", "Microsoft.Extensions.Logging.Abstractions", "System.IO.Hashing", "ZstdSharp.Port"],
        (await packages.OpenAsync("Segvault")).Dependencies.Select(dependency => dependency.Id).Order(StringComparer.Ordinal));

    [Fact]
    public async Task The_tool_is_a_command_called_segvault_that_brings_all_it_needs()
    {
        var package = await packages.OpenAsync("Segvault.Cli");

        var command = Assert.Single(package.ReadXml(ToolDirectory + "DotnetToolSettings.xml").Descendants("Command"));
        Assert.Equal("segvault", command.Attribute("Name")!.Value);
        Assert.Equal("dotnet", command.Attribute("Runner")!.Value);
        Assert.Contains(ToolDirectory + command.Attribute("EntryPoint")!.Value, package.Files);
        Assert.Equal("DotnetTool", Assert.Single(package.Find("packageTypes")!.Elements()).Attribute("name")!.Value);
        Assert.Empty(package.Dependencies);
        Console.WriteLine($"  Segvault.Cli.nupkg: {package.Length:N0} bytes");
    }

    [Fact]
    public async Task The_license_of_everything_that_the_tool_brings_is_named()
    {
        var package = await packages.OpenAsync("Segvault.Cli");
        var notices = Encoding.UTF8.GetString(package.Read("THIRD-PARTY-NOTICES.txt"));
        Assert.Equal(notices, Encoding.UTF8.GetString(package.Read(ToolDirectory + "THIRD-PARTY-NOTICES.txt")));

        var foreign = Assemblies(package).Where(path => !IsOurs(path)).Select(path => Path.GetFileNameWithoutExtension(path));
        Assert.All(foreign, name => Assert.Contains(name, notices, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("Segvault")]
    [InlineData("Segvault.Cli")]
    public async Task A_package_says_what_it_is(string id)
    {
        var package = await packages.OpenAsync(id);

        Assert.Equal(id, package["id"]);
        Assert.Equal(ProjectVersion(), package["version"]);
        Assert.Equal("Apache-2.0", package["license"]);
        Assert.Equal("expression", package.Find("license")!.Attribute("type")!.Value);
        Assert.Contains("tantivy", package["tags"]!.Split(' '));
        Assert.StartsWith("Backup and restore for search indexes", package["description"]!.Replace("The segvault command: b", "B", StringComparison.Ordinal), StringComparison.Ordinal);

        // Shown where the package is offered: a link to another file of this repository would lead nowhere.
        var readme = Encoding.UTF8.GetString(package.Read(package["readme"]!));
        Assert.StartsWith("# ", readme, StringComparison.Ordinal);
        Assert.All(readme.Split("](").Skip(1), link => Assert.StartsWith("https://", link, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("Segvault")]
    [InlineData("Segvault.Cli")]
    public async Task Symbols_are_inside_the_assemblies_and_name_no_path_of_the_machine(string id)
    {
        var package = await packages.OpenAsync(id);

        Assert.DoesNotContain(package.Files, file => file.EndsWith(".pdb", StringComparison.OrdinalIgnoreCase));
        var ours = Assemblies(package).Where(IsOurs).ToArray();
        Assert.NotEmpty(ours);
        Assert.All(ours, path => Assert.All(SourceFiles(package.Read(path)), file => Assert.StartsWith("/_/", file, StringComparison.Ordinal)));
    }

    private static IEnumerable<string> Assemblies(NuGetPackage package) => package.Files.Where(file => file.EndsWith(".dll", StringComparison.Ordinal));

    private static bool IsOurs(string path) => Path.GetFileName(path).StartsWith("Segvault.", StringComparison.Ordinal);

    private static string[] SourceFiles(byte[] assembly)
    {
        using var image = new PEReader(new MemoryStream(assembly));
        var entry = image.ReadDebugDirectory().Single(entry => entry.Type == DebugDirectoryEntryType.EmbeddedPortablePdb);
        using var provider = image.ReadEmbeddedPortablePdbDebugDirectoryData(entry);
        var symbols = provider.GetMetadataReader();
        string[] files = [.. symbols.Documents.Select(document => symbols.GetString(symbols.GetDocument(document).Name))];
        Assert.NotEmpty(files);
        return files;
    }

    private static string ProjectVersion() => File.ReadAllText(RepositoryRoot.Combine("Directory.Build.props")).Split("<Version>")[1].Split("</Version>")[0];
}
