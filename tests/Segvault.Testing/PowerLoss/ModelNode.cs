using System.Security.Cryptography;

namespace Segvault.Testing.PowerLoss;

/// <summary>What a name leads to.</summary>
internal abstract class ModelNode;

/// <summary>A file: its bytes as programs see them, and as they are on the device.</summary>
internal sealed class ModelFile : ModelNode
{
    public FileBytes Content { get; set; } = FileBytes.Empty;

    /// <summary>As of the last flush.</summary>
    public FileBytes Durable { get; set; } = FileBytes.Empty;
}

/// <summary>A directory: its names as programs see them, and as they are on the device.</summary>
internal sealed class ModelDirectory : ModelNode
{
    public Dictionary<string, ModelNode> Entries { get; } = new(StringComparer.Ordinal);

    /// <summary>As of the last flush.</summary>
    public Dictionary<string, ModelNode> Durable { get; } = new(StringComparer.Ordinal);
}

/// <summary>Bytes that never change, and what a device may have instead of them: made once for all the images that share them.</summary>
internal sealed class FileBytes(byte[] bytes)
{
    private string? _sha256;
    private FileBytes? _zeros;
    private FileBytes? _garbage;
    private FileBytes? _half;

    public static FileBytes Empty { get; } = new([]);

    public byte[] Bytes => bytes;

    public string Sha256 => _sha256 ??= Convert.ToHexStringLower(SHA256.HashData(bytes));

    public FileBytes Zeros => _zeros ??= new FileBytes(new byte[bytes.Length]);

    public FileBytes Half => _half ??= Resize(bytes.Length / 2);

    public FileBytes Garbage => _garbage ??= MakeGarbage();

    public FileBytes Write(long offset, ReadOnlySpan<byte> written)
    {
        var result = new byte[Math.Max(bytes.Length, checked((int)offset + written.Length))];
        bytes.CopyTo(result, 0);
        written.CopyTo(result.AsSpan((int)offset));
        return new FileBytes(result);
    }

    private FileBytes MakeGarbage()
    {
        var garbage = new byte[bytes.Length];
        new Random(garbage.Length).NextBytes(garbage);
        return new FileBytes(garbage);
    }

    public FileBytes Resize(long length)
    {
        var result = new byte[length];
        bytes.AsSpan(0, (int)Math.Min(length, bytes.Length)).CopyTo(result);
        return new FileBytes(result);
    }
}
