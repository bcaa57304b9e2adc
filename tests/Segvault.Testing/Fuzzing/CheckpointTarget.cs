using System.Security.Cryptography;
using Segvault.Repositories;
using Segvault.Testing.Stores;

namespace Segvault.Testing.Fuzzing;

/// <summary>A checkpoint, which is used or passed over.</summary>
internal sealed class CheckpointTarget : SealedTarget
{
    private const long Number = 63;

    public override string Name => "checkpoints";

    protected override ObjectKind Kind => ObjectKind.Checkpoint;

    protected override ObjectName ObjectName => new(Number);

    public override Task<IReadOnlyList<FuzzSeed>> MakeSeedsAsync()
    {
        var state = SampleLog.Fold() with { NextNumber = Number + 1, TipSha256 = LogReader.Hash(Entry()) };
        var skipped = state with { Skipped = [new SkipBody { First = 3, Last = 4, Previous = "" }], Recovering = true };
        return Task.FromResult<IReadOnlyList<FuzzSeed>>(
        [
            new FuzzSeed("everything", Seal(Checkpoint.Of(state).ToJson())),
            new FuzzSeed("recovering", Seal(Checkpoint.Of(skipped).ToJson())),
            new FuzzSeed("no-backups", Seal(Checkpoint.Of(LogState.Empty with { NextNumber = Number + 1, TipSha256 = LogReader.Hash(Entry()) }).ToJson())),
        ]);
    }

    protected override async Task ReadAsync(byte[] input, CancellationToken cancellationToken)
    {
        var store = new MemoryObjectStore();
        store.Objects[LogReader.NameOf(Number)] = Entry();
        store.Objects[CheckpointStore.NameOf(Number, Convert.ToHexStringLower(SHA256.HashData(input)))] = input;
        if (await new CheckpointStore(store, Repository).ReadNewestAsync(Number + 1, cancellationToken) is { } state)
            SampleLog.Use(state);
    }

    private static byte[] Entry() => LogReader.Seal(SampleLog.Drafts["add"] with { Number = Number }, Repository);
}
