using System.Security.Cryptography;
using Segvault.Repositories;

namespace Segvault.Testing.Fuzzing;

/// <summary>A sealed object. Its SHA-256 refuses whatever was changed by accident, so mutants of its body and its header are mostly sealed again.</summary>
internal abstract class SealedTarget : FuzzTarget
{
    /// <summary>As much as a decoded body may have before its bytes are there.</summary>
    private const int Allowance = 8 * 1024 * 1024;

    /// <summary>The repository of every object in the corpora.</summary>
    protected static ObjectId Repository { get; } = ObjectId.Parse("5e9a0175e9a0175e9a0175e9a0175e9a");

    protected abstract ObjectKind Kind { get; }

    protected abstract ObjectName ObjectName { get; }

    public override byte[] Mutate(byte[] seed, Random random)
    {
        if (random.Next(8) == 0 || SealedObject.Open(seed, Kind, Repository, ObjectName, out _) is not { } body)
            return ByteMutation.Change(seed, random);
        if (random.Next(8) == 0)
            return Reseal(ByteMutation.Change(seed, random, 0, 120));
        return Seal(random.Next(3) == 0 ? ByteMutation.Change(body, random) : JsonMutation.Change(body, random));
    }

    public override async Task RunAsync(byte[] input, CancellationToken cancellationToken)
    {
        var before = GC.GetTotalAllocatedBytes();
        await ReadAsync(input, cancellationToken);
        EnsureModest(before, input.Length + (Open(input)?.Length ?? 0), Allowance);
    }

    protected abstract Task ReadAsync(byte[] input, CancellationToken cancellationToken);

    protected byte[] Seal(byte[] body) => SealedObject.Seal(Kind, Repository, ObjectName, body);

    private byte[]? Open(byte[] input)
    {
        try
        {
            return SealedObject.Open(input, Kind, Repository, ObjectName, out _);
        }
        catch (UnsupportedFormatException)
        {
            return null;
        }
    }

    private static byte[] Reseal(byte[] bytes) =>
        bytes.Length < SHA256.HashSizeInBytes ? bytes : [.. bytes[..^SHA256.HashSizeInBytes], .. SHA256.HashData(bytes.AsSpan(..^SHA256.HashSizeInBytes))];
}
