using Segvault.Locking;

namespace Segvault.Testing.Fuzzing;

/// <summary>What a lock file says of its holder, which is told or not, and moves no terminal's cursor.</summary>
internal sealed class LockHolderTarget : FuzzTarget
{
    private const int Allowance = 1024 * 1024;

    public override string Name => "lock-holders";

    public override Task<IReadOnlyList<FuzzSeed>> MakeSeedsAsync()
    {
        var time = new DateTimeOffset(2026, 1, 2, 3, 4, 5, TimeSpan.FromHours(1));
        return Task.FromResult<IReadOnlyList<FuzzSeed>>(
        [
            new FuzzSeed("everything", new LockHolder { Host = "host", Pid = 4711, Process = "segvault", StartedAt = time, AcquiredAt = time }.ToLine()),
            new FuzzSeed("least", new LockHolder { Host = "", Pid = 0, AcquiredAt = time }.ToLine()),
        ]);
    }

    public override byte[] Mutate(byte[] seed, Random random) =>
        random.Next(2) == 0 ? ByteMutation.Change(seed, random) : [.. JsonMutation.Change(seed[..^1], random), (byte)'\n'];

    public override async Task RunAsync(byte[] input, CancellationToken cancellationToken)
    {
        using var directory = new TempDirectory();
        var path = directory.Combine("lock");
        await File.WriteAllBytesAsync(path, input, cancellationToken);
        var before = GC.GetTotalAllocatedBytes();
        if (LockHolder.TryRead(path)?.ToString().Any(char.IsControl) == true)
            throw new InvalidOperationException("What is shown of a holder has a control character.");
        EnsureModest(before, input.Length, Allowance);
    }
}
