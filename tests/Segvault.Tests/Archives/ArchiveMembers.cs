using System.Formats.Tar;
using System.IO.Compression;

namespace Segvault.Tests.Archives;

/// <summary>Reads and makes archives with the tar and gzip of .NET, which know nothing of Segvault.</summary>
internal static class ArchiveMembers
{
    public static List<(string Name, byte[] Content)> Read(string archive)
    {
        using var gzip = new GZipStream(File.OpenRead(archive), CompressionMode.Decompress);
        using var tar = new TarReader(gzip);
        var members = new List<(string, byte[])>();
        while (tar.GetNextEntry() is { } entry)
        {
            using var content = new MemoryStream();
            entry.DataStream?.CopyTo(content);
            members.Add((entry.Name, content.ToArray()));
        }

        return members;
    }

    public static void Write(string archive, IEnumerable<(string Name, byte[] Content)> members) =>
        Write(archive, members.Select(member => (TarEntry)new UstarTarEntry(TarEntryType.RegularFile, member.Name) { DataStream = new MemoryStream(member.Content) }));

    public static void Write(string archive, IEnumerable<TarEntry> entries)
    {
        using var file = File.Create(archive);
        using var gzip = new GZipStream(file, CompressionLevel.Fastest);
        using var tar = new TarWriter(gzip, TarEntryFormat.Pax);
        foreach (var entry in entries)
            tar.WriteEntry(entry);
    }
}
