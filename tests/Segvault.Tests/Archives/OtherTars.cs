using Segvault.Archives.Tar;
using Segvault.Testing;
using Xunit;

namespace Segvault.Tests.Archives;

/// <summary>What other programs make of our tars, and we of theirs.</summary>
public sealed class OtherTars
{
    private const string ListWithPython = """
        import sys, tarfile, io
        for m in tarfile.open(fileobj=io.BytesIO(sys.stdin.buffer.read())):
            sys.stdout.buffer.write(f"{m.name}|{m.size}|{int(m.mtime)}|{m.uid}|{m.uname}|{'d' if m.isdir() else '-'}\n".encode())
        """;

    private const string WriteWithPython = """
        import sys, tarfile, io
        tar = tarfile.open(fileobj=sys.stdout.buffer, mode="w|", format=int(sys.argv[1]))
        for name, size, time in (("plain", 3, 1709210096), ("n" * 180, 5, 0), ("d/" * 90 + "deep", 513, 1), ("größe/日本", 0, 8589934592)):
            info = tarfile.TarInfo(name)
            info.size, info.mtime, info.uid, info.uname = size, time, 1000, "anna"
            tar.addfile(info, io.BytesIO(b"x" * size))
        tar.close()
        """;

    private static readonly TarMember[] Members =
    [
        Tars.File("manifest.json", 700) with { UserId = 1000, User = "anna" },
        Tars.File(new string('n', 180), 1) with { UserId = 3_000_000, User = "jürgen" },
        Tars.File("größe/日本語/" + new string('é', 100), 70_000),
        Tars.File("old", 1) with { ModifiedAt = DateTimeOffset.FromUnixTimeSeconds(-86_400) },
        Tars.File("future", 1) with { ModifiedAt = DateTimeOffset.FromUnixTimeSeconds(10_413_792_000) },
        new() { Name = "directory", Kind = TarMemberKind.Directory, Length = 0, ModifiedAt = Tars.Time },
    ];

    [UnixFact("Runs programs of Unix.")]
    public async Task Python_sees_the_same_members()
    {
        byte[] listed = await Compressed.PipeAsync(await Tars.WriteAsync(Members), "python3", "-c", ListWithPython);
        string expected = string.Concat(Members.Select(m =>
            $"{m.Name}|{m.Length}|{m.ModifiedAt.ToUnixTimeSeconds()}|{m.UserId ?? 0}|{m.User}|{(m.Kind is TarMemberKind.Directory ? 'd' : '-')}\n"));
        Assert.Equal(expected, System.Text.Encoding.UTF8.GetString(listed));
    }

    [UnixTheory("Runs programs of Unix.")]
    [InlineData("tar")]
    [InlineData("bsdtar")]
    public async Task Tar_extracts_the_same_files(string program)
    {
        using TempDirectory directory = new();
        TarMember[] members = [.. Members.Select(m => m with { Name = Shorten(m.Name) })];
        await Compressed.PipeAsync(await Tars.WriteAsync(members), program, "-x", "-f", "-", "-C", directory.Path, "--no-same-owner");
        foreach (TarMember member in members)
        {
            string path = directory.Combine(member.Name);
            Assert.Equal(member.ModifiedAt.UtcDateTime, Directory.GetLastWriteTimeUtc(path));
            if (member.Kind is TarMemberKind.File)
                Compressed.AssertSame(Compressed.MakePlain((int)member.Length), await File.ReadAllBytesAsync(path, TestContext.Current.CancellationToken));
        }
    }

    [UnixTheory("Runs programs of Unix.")]
    [InlineData("1")]
    [InlineData("2")]
    public async Task What_python_writes_is_read(string format)
    {
        var read = await Tars.ReadAsync(await Compressed.PipeAsync([], "python3", "-c", WriteWithPython, format));
        string deep = string.Concat(Enumerable.Repeat("d/", 90)) + "deep";
        Assert.Equal(["plain", new string('n', 180), deep, "größe/日本"], read.Select(entry => entry.Member.Name));
        Assert.Equal([3, 5, 513, 0], read.Select(entry => (int)entry.Member.Length));
        Assert.Equal([1709210096, 0, 1, 8589934592], read.Select(entry => entry.Member.ModifiedAt.ToUnixTimeSeconds()));
        Assert.All(read, entry => Assert.Equal((1000u, "anna", TarMemberKind.File), (entry.Member.UserId, entry.Member.User, entry.Member.Kind)));
    }

    [UnixTheory("Runs programs of Unix.")]
    [InlineData("tar", "v7")]
    [InlineData("tar", "ustar")]
    [InlineData("tar", "gnu")]
    [InlineData("tar", "oldgnu")]
    [InlineData("tar", "pax")]
    [InlineData("bsdtar", "ustar")]
    [InlineData("bsdtar", "pax")]
    [InlineData("bsdtar", "gnutar")]
    public async Task What_tar_writes_is_read(string program, string format)
    {
        using TempDirectory directory = new();
        bool longNames = format is "gnu" or "oldgnu" or "pax" or "gnutar";
        string name = longNames ? new string('é', 90) : new string('n', 90);
        byte[] plain = Compressed.MakePlain(70_001);
        directory.CreateDirectory("index", "sub");
        await File.WriteAllBytesAsync(directory.Combine("index", "sub", name), plain, TestContext.Current.CancellationToken);
        await File.WriteAllTextAsync(directory.Combine("index", "file"), "abc", TestContext.Current.CancellationToken);
        File.CreateSymbolicLink(directory.Combine("index", "link"), "file");
        File.SetLastWriteTimeUtc(directory.Combine("index", "file"), Tars.Time.UtcDateTime);

        byte[] tar = await Compressed.PipeAsync([], program, "-c", "-f", "-", $"--format={format}", "-C", directory.Path, "index");
        var read = (await Tars.ReadAsync(tar)).ToDictionary(entry => entry.Member.Name);
        Assert.Equal(["index", "index/file", "index/link", "index/sub", $"index/sub/{name}"], read.Keys.Order(StringComparer.Ordinal));
        Compressed.AssertSame(plain, read[$"index/sub/{name}"].Content);
        Assert.Equal(Tars.Time, read["index/file"].Member.ModifiedAt);
        Assert.Equal(TarMemberKind.Directory, read["index"].Member.Kind);
        Assert.Equal((TarMemberKind.Other, "a symbolic link"), (read["index/link"].Member.Kind, read["index/link"].Member.Description));
    }

    [UnixTheory("Runs programs of Unix.")]
    [InlineData("gnu")]
    [InlineData("pax")]
    public async Task Sparse_files_of_tar_are_seen_as_such(string format)
    {
        using TempDirectory directory = new();
        using (FileStream sparse = File.Create(directory.Combine("sparse")))
        {
            // More pieces than the header has room for.
            for (int i = 1; i < 40; i++)
            {
                sparse.Position = i * 1_000_000L;
                sparse.WriteByte(1);
            }
        }

        await File.WriteAllTextAsync(directory.Combine("after"), "abc", TestContext.Current.CancellationToken);
        byte[] tar = await Compressed.PipeAsync([], "tar", "-c", "-S", "-f", "-", $"--format={format}", "-C", directory.Path, "sparse", "after");
        TestBench.Require(tar.Length < 10_000_000, "The file system does not tell tar about holes.");
        var read = await Tars.ReadAsync(tar);
        Assert.Equal(("sparse", "a sparse file"), (read[0].Member.Name, read[0].Member.Description));
        Assert.Equal(("after", "abc"), (read[1].Member.Name, System.Text.Encoding.ASCII.GetString(read[1].Content)));
    }

    /// <summary>File systems allow 255 bytes between slashes.</summary>
    private static string Shorten(string name) => name.Replace(new string('é', 100), new string('é', 60), StringComparison.Ordinal);
}
