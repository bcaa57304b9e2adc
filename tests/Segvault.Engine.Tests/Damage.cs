namespace Segvault.Engine.Tests;

/// <summary>Does to files what bad disks do.</summary>
internal static class Damage
{
    /// <summary>Changes one byte; <paramref name="place"/> is 0 for the first and 1 for the last. Length and time stay.</summary>
    public static void FlipByte(string path, double place = 0.5)
    {
        var modified = File.GetLastWriteTimeUtc(path);
        using (var file = File.Open(path, FileMode.Open, FileAccess.ReadWrite))
        {
            file.Position = (long)((file.Length - 1) * place);
            var old = file.ReadByte();
            file.Position--;
            file.WriteByte((byte)(old ^ 0x20));
        }

        File.SetLastWriteTimeUtc(path, modified);
    }

    public static void Truncate(string path)
    {
        using var file = File.Open(path, FileMode.Open, FileAccess.ReadWrite);
        file.SetLength(file.Length / 2);
    }
}
