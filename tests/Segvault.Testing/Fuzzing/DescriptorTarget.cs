using System.Security.Cryptography;
using System.Text;
using Segvault.Repositories;

namespace Segvault.Testing.Fuzzing;

/// <summary>The descriptor. Mutants mostly have the right checksum.</summary>
internal sealed class DescriptorTarget : FuzzTarget
{
    private const int Allowance = 1024 * 1024;
    private const string Member = "\"checksum\":";
    private static readonly string Zeros = new('0', 64);

    public override string Name => "descriptors";

    public override Task<IReadOnlyList<FuzzSeed>> MakeSeedsAsync()
    {
        var made = RepositoryDescriptor.New(TimeProvider.System) with
        {
            RepositoryId = "5e9a0175e9a0175e9a0175e9a0175e9a",
            Created = new DateTimeOffset(2026, 1, 2, 3, 4, 5, TimeSpan.FromHours(1)),
        };
        return Task.FromResult<IReadOnlyList<FuzzSeed>>(
        [
            new FuzzSeed("plain", made.ToBytes()),
            new FuzzSeed("encrypted", (made with { Suite = "aes-256-gcm", KeyCommitment = "00" }).ToBytes()),
            new FuzzSeed("newer", (made with { Format = 2 }).ToBytes()),
        ]);
    }

    public override byte[] Mutate(byte[] seed, Random random)
    {
        var changed = random.Next(2) == 0 ? JsonMutation.Change(seed, random) : ByteMutation.Change(seed, random);
        if (random.Next(4) == 0)
            return changed;
        var text = Encoding.UTF8.GetString(changed);
        var digits = text.IndexOf(Member, StringComparison.Ordinal) is >= 0 and var at ? text.IndexOf('"', at + Member.Length) + 1 : 0;
        if (digits == 0 || digits + Zeros.Length > text.Length)
            return changed;
        text = text[..digits] + Zeros + text[(digits + Zeros.Length)..];
        return Encoding.UTF8.GetBytes(text.Replace(Zeros, Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text))), StringComparison.Ordinal));
    }

    public override Task RunAsync(byte[] input, CancellationToken cancellationToken)
    {
        var before = GC.GetTotalAllocatedBytes();
        try
        {
            _ = RepositoryDescriptor.Parse(input, "memory").Id;
        }
        catch (Exception exception) when (exception is DamageException or UnsupportedFormatException)
        {
            // That is the answer.
        }

        EnsureModest(before, input.Length, Allowance);
        return Task.CompletedTask;
    }
}
