using Segvault.Archives.Compression;

namespace Segvault.Archives.Tar;

/// <summary>The headers that stand before a member and say what its own cannot.</summary>
internal sealed class TarExtras
{
    private int _total;

    /// <summary>GNU's long name.</summary>
    public string? LongName { get; private set; }

    public PaxRecords? Pax { get; private set; }

    public bool HasLongLink { get; private set; }

    public bool IsEmpty => LongName is null && Pax is null && !HasLongLink;

    public static bool IsExtra(char type) => type is 'x' or 'g' or 'L' or 'K' or 'X';

    /// <summary>How long the next header's content may be, when all together may have this length. Headers count themselves: none is free.</summary>
    public int Room(int limit)
    {
        _total += TarFormat.BlockLength;
        return Math.Max(0, limit - _total);
    }

    /// <summary>Takes in a header; returns its records when they are for all members that follow.</summary>
    public PaxRecords? Add(char type, byte[] content)
    {
        _total += content.Length;
        switch (type)
        {
            case 'g':
                return PaxRecords.Parse(content);
            case 'x' or 'X' when Pax is null:
                Pax = PaxRecords.Parse(content);
                break;
            case 'L' when LongName is null:
                LongName = TarHeader.Text(TarHeader.Until0(content), "name");
                break;
            case 'K' when !HasLongLink:
                HasLongLink = true;
                break;
            default:
                throw new ArchiveFormatException($"has two headers of type '{type}' for one member");
        }

        return null;
    }
}
