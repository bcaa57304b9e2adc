using Segvault.Archives.Compression;
using Segvault.Archives.Tar;

namespace Segvault.Tests.Archives;

/// <summary>Writes and reads tars in memory.</summary>
internal static class Tars
{
    /// <summary>2024-02-29 12:34:56 UTC.</summary>
    public static readonly DateTimeOffset Time = DateTimeOffset.FromUnixTimeSeconds(1_709_210_096);

    public static TarMember File(string name, long length) => new() { Name = name, Kind = TarMemberKind.File, Length = length, ModifiedAt = Time };

    /// <summary>The plain bytes of a tar of these members, their content taken from <see cref="Compressed.MakePlain"/>.</summary>
    public static async Task<byte[]> WriteAsync(params TarMember[] members)
    {
        MemoryStream file = new();
        await using CompressedWriter output = CompressedWriter.Create(ArchiveFormat.TarGz, 1, (bytes, ct) => file.WriteAsync(bytes, ct));
        TarWriter tar = new(output);
        foreach (TarMember member in members)
        {
            await tar.BeginAsync(member, CancellationToken.None);
            await tar.WriteAsync(Compressed.MakePlain((int)member.Length), CancellationToken.None);
            await tar.EndAsync(CancellationToken.None);
        }

        await tar.CompleteAsync(CancellationToken.None);
        await output.CompleteAsync(CancellationToken.None);
        return await Compressed.ReadAsync(file.ToArray());
    }

    public static TarReader Open(byte[] tar, int step = int.MaxValue)
    {
        MemoryStream stream = new(tar);
        return new TarReader((buffer, ct) => stream.ReadAsync(buffer[..Math.Min(buffer.Length, step)], ct));
    }

    public static async Task<List<(TarMember Member, byte[] Content)>> ReadAsync(byte[] tar, int step = int.MaxValue)
    {
        List<(TarMember, byte[])> members = [];
        TarReader reader = Open(tar, step);
        while (await reader.NextAsync(CancellationToken.None) is { } member)
        {
            MemoryStream content = new();
            byte[] buffer = new byte[1000];
            int length;
            while ((length = await reader.ReadAsync(buffer, CancellationToken.None)) > 0)
                content.Write(buffer, 0, length);
            members.Add((member, content.ToArray()));
        }

        return await reader.NextAsync(CancellationToken.None) is null ? members : throw new InvalidOperationException("A member came after the end.");
    }
}
