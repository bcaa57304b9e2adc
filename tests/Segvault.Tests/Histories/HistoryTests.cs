using CsCheck;
using Segvault.Testing;
using Xunit;

namespace Segvault.Tests.Histories;

/// <summary>
/// Several clients back up, delete, bring back, prune, collect, restore and verify at once, with replies and objects that get lost on the way: whatever
/// they do in whatever order, the backups that they were told of are there, and restore byte for byte.
/// </summary>
public sealed class HistoryTests(ITestOutputHelper output)
{
    private const int Clients = 3;
    private const int ShrinkingAttempts = 2000;

    private static readonly Gen<HistoryStep> Step = Gen.Select(
        Gen.Int[0, Clients - 1],
        Gen.Frequency((3, Gen.Const(Operation.BackUp)), (2, Gen.Const(Operation.Change)), (2, Gen.Const(Operation.Delete)), (2, Gen.Const(Operation.Collect)), (4, Gen.Enum<Operation>())),
        Gen.Int[0, 5],
        Gen.Frequency((8, Gen.Const(Mishap.Nothing)), (1, Gen.Const(Mishap.LostReply)), (1, Gen.Const(Mishap.FailedPut))),
        (client, what, pick, mishap) => new HistoryStep(client, what, pick, mishap));

    private static readonly Gen<HistoryScript> Script = Gen.Select(
        Step.Array[1, 14], Gen.Int[0, Clients - 1].Array[0, 120], (steps, turns) => new HistoryScript([.. steps], [.. turns]));

    [Fact]
    public async Task Whatever_clients_do_in_whatever_order_the_backups_that_they_were_told_of_restore()
    {
        var first = TestBench.IsThorough ? (uint)Random.Shared.Next() : 1u;
        output.WriteLine($"seed {first}");
        for (var round = 0u; round < TestBench.Rounds(150, 5000); round++)
        {
            var script = Script.Generate(new PCG(1, first + round), null, out _);
            try
            {
                await History.PlayAsync(script);
            }
            catch (Exception exception)
            {
                output.WriteLine($"round {round}: {exception.Message} {script}");
                await Script.SampleAsync(History.PlayAsync, seed: new PCG(1, first + round).ToString(), iter: ShrinkingAttempts, threads: 1);
                throw;
            }
        }
    }
}
