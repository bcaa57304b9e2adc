using Segvault.Repositories;
using Segvault.Testing.Stores;

namespace Segvault.Testing.Fuzzing;

/// <summary>An entry of the log, which ends the fold or becomes part of what is known.</summary>
internal sealed class LogEntryTarget : SealedTarget
{
    private const long Number = 1;

    public override string Name => "log-entries";

    public override int Mutants => 150;

    protected override ObjectKind Kind => ObjectKind.LogEntry;

    protected override ObjectName ObjectName => new(Number);

    public override Task<IReadOnlyList<FuzzSeed>> MakeSeedsAsync() => Task.FromResult<IReadOnlyList<FuzzSeed>>(
        [.. SampleLog.Drafts.Select(draft => new FuzzSeed(draft.Key, LogReader.Seal(draft.Value with { Number = Number, Previous = LogReader.Hash(First()) }, Repository)))]);

    protected override async Task ReadAsync(byte[] input, CancellationToken cancellationToken)
    {
        var store = new MemoryObjectStore();
        store.Objects[LogReader.NameOf(0)] = First();
        store.Objects[LogReader.NameOf(Number)] = input;
        var reader = new LogReader(store, Repository);
        SampleLog.Use(await reader.FoldAsync(LogState.Empty, 0, cancellationToken));
        SampleLog.Use(await reader.FoldWholeAsync(0, [], cancellationToken));
    }

    private static byte[] First() => LogReader.Seal(SampleLog.Drafts["add"], Repository);
}
