using Segvault.Archives.Compression;
using Segvault.Archives.Tar;
using Xunit;

namespace Segvault.Tests.Archives;

public sealed class TarRoundTrips
{
    private static readonly TarMember[] Members =
    [
        Tars.File("manifest.json", 700),
        Tars.File("empty", 0),
        Tars.File(new string('n', 100), 512),
        Tars.File(new string('m', 101), 513),
        Tars.File(string.Join('/', Enumerable.Repeat("deep", 60)), 1),
        Tars.File("Größe/日本語/🗄", 3),
        Tars.File(new string('é', 400), 70_000),
        Tars.File("old", 1) with { ModifiedAt = new DateTimeOffset(1901, 2, 3, 4, 5, 6, TimeSpan.Zero) },
        Tars.File("future", 1) with { ModifiedAt = new DateTimeOffset(3001, 2, 3, 4, 5, 6, TimeSpan.Zero) },
        Tars.File("owned", 2) with { Mode = (UnixFileMode)0b110_100_000, UserId = 1000, GroupId = 2_097_151, User = "anna", Group = "search" },
        Tars.File("far owned", 2) with { UserId = uint.MaxValue, GroupId = 2_097_152, User = "jürgen", Group = new string('g', 32) },
        new() { Name = "directory", Kind = TarMemberKind.Directory, Length = 0, ModifiedAt = Tars.Time, Mode = (UnixFileMode)0b111_000_000 },
    ];

    [Fact]
    public async Task Every_member_comes_back_as_it_was()
    {
        byte[] tar = await Tars.WriteAsync(Members);
        foreach (int step in (int[])[int.MaxValue, 7])
        {
            var read = await Tars.ReadAsync(tar, step);
            Assert.Equal(Members.Length, read.Count);
            foreach (var (expected, (actual, content)) in Members.Zip(read))
            {
                Assert.Equal(expected with { Mode = actual.Mode, UserId = expected.UserId ?? 0, GroupId = expected.GroupId ?? 0 }, actual);
                Assert.Equal(expected.Mode ?? (UnixFileMode)0b110_100_100, actual.Mode);
                Compressed.AssertSame(Compressed.MakePlain((int)expected.Length), content);
            }
        }
    }

    [Fact]
    public async Task Only_what_does_not_fit_gets_a_pax_header()
    {
        foreach (TarMember member in Members)
        {
            byte[] tar = await Tars.WriteAsync(member);
            bool plain = member.Name.Length <= 100 && member.Name.All(char.IsAscii) && member.ModifiedAt.Year is > 1970 and < 2200 && member.UserId is null or < 2_097_152;
            Assert.Equal(plain ? (member.Kind is TarMemberKind.File ? '0' : '5') : 'x', (char)tar[156]);
        }
    }

    [Fact]
    public async Task The_same_members_give_the_same_bytes() =>
        Compressed.AssertSame(await Tars.WriteAsync(Members), await Tars.WriteAsync(Members));

    [Fact]
    public async Task Fractions_of_seconds_are_cut_also_before_1970()
    {
        foreach (double seconds in (double[])[1.75, -1.25])
        {
            var read = await Tars.ReadAsync(await Tars.WriteAsync(Tars.File("f", 0) with { ModifiedAt = DateTimeOffset.UnixEpoch.AddSeconds(seconds) }));
            Assert.Equal(DateTimeOffset.UnixEpoch.AddSeconds(Math.Floor(seconds)), read[0].Member.ModifiedAt);
        }
    }

    [Fact]
    public async Task What_is_not_read_of_a_member_is_skipped()
    {
        TarReader reader = Tars.Open(await Tars.WriteAsync(Members), step: 1000);
        List<string> names = [];
        while (await reader.NextAsync(CancellationToken.None) is { } member)
        {
            names.Add(member.Name);
            await reader.ReadAsync(new byte[1], CancellationToken.None);
        }

        Assert.Equal(Members.Select(member => member.Name), names);
    }

    [Theory]
    [InlineData("")]
    [InlineData("a\0b")]
    [InlineData("file/")]
    public async Task A_name_that_no_tar_can_hold_is_refused(string name) =>
        await Assert.ThrowsAnyAsync<ArgumentException>(() => Tars.WriteAsync(Tars.File(name, 0)));

    [Fact]
    public async Task Half_a_character_is_no_name() =>
        await Assert.ThrowsAnyAsync<ArgumentException>(() => Tars.WriteAsync(Tars.File("half " + '\ud800', 0)));

    [Fact]
    public async Task A_member_must_be_given_as_many_bytes_as_it_has()
    {
        foreach (int given in (int[])[0, 9, 11])
        {
            await using CompressedWriter output = CompressedWriter.Create(ArchiveFormat.TarGz, null, (_, _) => ValueTask.CompletedTask);
            TarWriter tar = new(output);
            await tar.BeginAsync(Tars.File("ten", 10), CancellationToken.None);
            await tar.WriteAsync(new byte[given], CancellationToken.None);
            await Assert.ThrowsAsync<InvalidOperationException>(async () => await tar.EndAsync(CancellationToken.None));
            await Assert.ThrowsAsync<InvalidOperationException>(async () => await tar.CompleteAsync(CancellationToken.None));
        }
    }
}
