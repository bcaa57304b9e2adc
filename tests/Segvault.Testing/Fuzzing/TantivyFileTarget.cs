using System.Buffers.Binary;
using System.Globalization;
using System.IO.Hashing;
using System.Text;
using Segvault.Engines.Tantivy;
using Segvault.IO;

namespace Segvault.Testing.Fuzzing;

/// <summary>A file of a segment: its footer, read from the end and as it passes by, and the bits of a <c>.del</c> file. Most mutants have the right CRC-32.</summary>
internal sealed class TantivyFileTarget : FuzzTarget
{
    private const int Allowance = 1024 * 1024;
    private const int TrailerLength = 8;
    private const int Magic = 1337;
    private const string Member = "\"crc\":";

    public override string Name => "tantivy-files";

    public override async Task<IReadOnlyList<FuzzSeed>> MakeSeedsAsync()
    {
        using var directory = new TempDirectory();
        var index = TantivyFiles.Create(directory.Combine("index"), segments: 1, documentsPerSegment: 100, bytesPerFile: 200);
        index.AddDelete(index.Segments[0], 2);
        return
        [
            new FuzzSeed("segment.term", await File.ReadAllBytesAsync(index.PathOf(index.Segments[0].Id + ".term"))),
            new FuzzSeed("deletes.del", await File.ReadAllBytesAsync(index.PathOf(index.Segments[0].DeletesFile!))),
            new FuzzSeed("empty", []),
        ];
    }

    public override byte[] Mutate(byte[] seed, Random random)
    {
        if (random.Next(3) == 0 || Split(seed) is not { } split)
            return ByteMutation.Change(seed, random);
        return random.Next(2) == 0
            ? Join(ByteMutation.Change(split.Body, random), split.Json)
            : Join(split.Body, JsonMutation.Change(split.Json, random));
    }

    public override async Task RunAsync(byte[] input, CancellationToken cancellationToken)
    {
        using var directory = new TempDirectory();
        var path = directory.Combine("file");
        await File.WriteAllBytesAsync(path, input, cancellationToken);
        var before = GC.GetTotalAllocatedBytes();
        using var file = SourceFile.OpenRead(path);
        var footer = TantivyFooterReader.Read(file, input.Length, out var problem);
        if (footer is null == problem is null)
            throw new InvalidOperationException("A footer was refused without a reason, or found with one.");

        var whole = Check(input, input.Length, 1);
        for (var part = 1; part <= input.Length; part += 1 + (input.Length / 3))
        {
            if (Check(input, part, 1) != whole)
                throw new InvalidOperationException($"Read in parts of {part} bytes, a file is something else than read at once.");
        }

        if (whole is null && footer is null)
            throw new InvalidOperationException("A file was found whole whose footer cannot be read.");
        EnsureModest(before, input.Length, Allowance);
    }

    private static string? Check(byte[] input, int part, int alive)
    {
        var check = new TantivyContentCheck(input.Length, null);
        var bits = new AliveDocumentsCheck(100, (uint)alive);
        for (var at = 0; at < input.Length; at += part)
        {
            check.Append(input.AsSpan(at, Math.Min(part, input.Length - at)));
            bits.Append(input.AsSpan(at, Math.Min(part, input.Length - at)));
        }

        _ = bits.Complete();
        return check.Complete();
    }

    /// <summary>Puts the right CRC-32 into the footer, where it has a place for one.</summary>
    private static byte[] Join(byte[] body, byte[] json)
    {
        var text = Encoding.UTF8.GetString(json);
        if (text.IndexOf(Member, StringComparison.Ordinal) is >= 0 and var member)
        {
            var digits = text.Skip(member + Member.Length).TakeWhile(char.IsAsciiDigit).Count();
            text = text.Remove(member + Member.Length, digits).Insert(member + Member.Length, Crc32.HashToUInt32(body).ToString(CultureInfo.InvariantCulture));
        }

        var footer = Encoding.UTF8.GetBytes(text);
        var trailer = new byte[TrailerLength];
        BinaryPrimitives.WriteInt32LittleEndian(trailer, footer.Length);
        BinaryPrimitives.WriteInt32LittleEndian(trailer.AsSpan(4), Magic);
        return [.. body, .. footer, .. trailer];
    }

    private static (byte[] Body, byte[] Json)? Split(byte[] file)
    {
        if (TantivyFooter.MeasureLength(file, file.Length, out _) is not { } length)
            return null;
        return (file[..^length], file[^length..^TrailerLength]);
    }
}
