using System.IO.Compression;
using System.Xml.Linq;
using Xunit;

namespace Segvault.Package.Tests;

/// <summary>A <c>.nupkg</c>, looked into.</summary>
internal sealed class NuGetPackage
{
    private readonly Dictionary<string, byte[]> _files;
    private readonly XElement _metadata;

    private NuGetPackage(string path, string id)
    {
        Length = new FileInfo(path).Length;
        using var archive = ZipFile.OpenRead(path);
        _files = archive.Entries.ToDictionary(entry => entry.FullName, Read, StringComparer.Ordinal);
        _metadata = XDocument.Load(new MemoryStream(_files[$"{id}.nuspec"])).Root!.Elements().Single();
    }

    /// <summary>Bytes of the package.</summary>
    public long Length { get; }

    /// <summary>The names of all files but those of the container format.</summary>
    public IEnumerable<string> Files => _files.Keys
        .Where(name => !name.StartsWith("_rels/", StringComparison.Ordinal) && !name.StartsWith("package/", StringComparison.Ordinal))
        .Where(name => name != "[Content_Types].xml" && !name.EndsWith(".nuspec", StringComparison.Ordinal))
        .Order(StringComparer.Ordinal);

    public IEnumerable<(string Id, string Version)> Dependencies => _metadata.Descendants()
        .Where(element => element.Name.LocalName == "dependency")
        .Select(element => (element.Attribute("id")!.Value, element.Attribute("version")!.Value));

    /// <summary>The only package of an id, whose name is the id and a version.</summary>
    public static NuGetPackage Open(string directory, string id) => new(PathOf(directory, id), id);

    public static string PathOf(string directory, string id) =>
        Assert.Single(Directory.GetFiles(directory, $"{id}.*.nupkg"), path => char.IsAsciiDigit(Path.GetFileName(path)[id.Length + 1]));

    /// <summary>An element of the description, such as <c>id</c> or <c>license</c>; null when there is none.</summary>
    public string? this[string element] => Find(element)?.Value;

    public XElement? Find(string element) => _metadata.Elements().SingleOrDefault(child => child.Name.LocalName == element);

    public byte[] Read(string file) => _files[file];

    public XElement ReadXml(string file) => XDocument.Load(new MemoryStream(_files[file])).Root!;

    private static byte[] Read(ZipArchiveEntry entry)
    {
        using var stream = entry.Open();
        var content = new MemoryStream();
        stream.CopyTo(content);
        return content.ToArray();
    }
}
