using System.Collections.Immutable;
using Microsoft.Extensions.Logging;
using Segvault.Engines;
using Segvault.Repositories;
using Segvault.Restore;

namespace Segvault.Drill;

/// <summary>Proves a backup: restores it beside everything, checks it as the engine would, has the engine open it, asks it, and records the verdict.</summary>
internal sealed class DrillRunner(IBackupPlace place, BackupManagerOptions manager, DrillOptions options, IProgress<OperationProgress>? progress)
{
    private readonly long _started = manager.TimeProvider.GetTimestamp();
    private readonly ImmutableArray<string>.Builder _problems = ImmutableArray.CreateBuilder<string>();
    private readonly ILogger _logger = manager.LoggerFactory.CreateLogger("Segvault.Drill");

    /// <exception cref="SegvaultException">The drill could not be done: no room, no engine for its queries, no such backup.</exception>
    /// <exception cref="DamageException">The store spoilt the entry of the log that was to record the verdict; the message has it.</exception>
    public async Task<DrillResult> RunAsync(BackupSummary backup, Func<CancellationToken, Task<BackupManifest>> read, CancellationToken cancellationToken) =>
        await RecordAsync(await ProveAsync(backup, read, cancellationToken).ConfigureAwait(false), cancellationToken).ConfigureAwait(false);

    private async Task<DrillResult> ProveAsync(BackupSummary backup, Func<CancellationToken, Task<BackupManifest>> read, CancellationToken cancellationToken)
    {
        try
        {
            return await ProveAsync(backup, await read(cancellationToken).ConfigureAwait(false), cancellationToken).ConfigureAwait(false);
        }
        catch (DamageException exception)
        {
            _problems.Add(exception.Message);
            return Result(backup, 0, false, []);
        }
    }

    private async Task<DrillResult> ProveAsync(BackupSummary backup, BackupManifest manifest, CancellationToken cancellationToken)
    {
        var queries = options.Queries.Concat(ReadStored(manifest)).Distinct().ToImmutableArray();
        using var scratch = DrillScratch.Create(options.Scratch);
        var engine = options.EngineCommand is { } command
            ? EngineProcess.FromShell(command, options.EngineTimeout, manager.TimeProvider)
            : options.UseInstalledEngine
                ? await InstalledEngine.FindAsync(manifest.Engine, scratch.Path, options.EngineTimeout, manager.TimeProvider, cancellationToken).ConfigureAwait(false)
                : null;
        EnsureAnswerable(queries, engine);
        var index = Path.Combine(scratch.Path, "index");
        var (documents, answers) = await RestoreAsync(manifest, index, cancellationToken).ConfigureAwait(false)
            ? await LookAsync(manifest, index, engine, queries, cancellationToken).ConfigureAwait(false)
            : (0, null);
        var asked = queries.Select(query => new DrillAnswer(query, answers is not null && answers.TryGetValue(query.Query, out var hits) ? hits : null)).ToImmutableArray();
        foreach (var wrong in asked.Where(answer => answers is not null && !answer.IsAsExpected))
            _problems.Add(wrong.Hits is { } hits ? $"The query {wrong.Query} found {hits}." : $"The query {wrong.Query} was not answered.");
        return Result(backup, documents, engine is not null && answers is not null, asked);
    }

    private DrillResult Result(BackupSummary backup, long documents, bool engineOpened, ImmutableArray<DrillAnswer> queries) => new()
    {
        Backup = backup,
        EngineOpened = engineOpened,
        Documents = documents,
        Queries = queries,
        Problems = _problems.ToImmutable(),
        Elapsed = manager.TimeProvider.GetElapsedTime(_started),
    };

    private ImmutableArray<DrillQuery> ReadStored(BackupManifest manifest)
    {
        var stored = ImmutableArray.CreateBuilder<DrillQuery>();
        foreach (var text in manifest.Queries)
        {
            try
            {
                stored.Add(DrillQuery.Parse(text));
            }
            catch (FormatException exception)
            {
                _problems.Add($"A query stored with the backup cannot be asked: {exception.Message}");
            }
        }

        return stored.ToImmutable();
    }

    private static void EnsureAnswerable(ImmutableArray<DrillQuery> queries, EngineProcess? engine)
    {
        if (engine is null && queries.FirstOrDefault(query => !query.IsCount) is { } needing)
        {
            throw new SegvaultException(
                ErrorCode.EngineNeeded,
                $"The query {needing} needs the engine itself, and none was found: without one only count can be answered.",
                "Give --engine-command, or install Node and the binding of Tantivy and set NODE_PATH or SEGVAULT_TANTIVY_BINDING.");
        }
    }

    /// <summary>False when the backup is damaged, which is what a drill is there to find out.</summary>
    private async Task<bool> RestoreAsync(BackupManifest manifest, string index, CancellationToken cancellationToken)
    {
        try
        {
            var restored = await new RestoreRunner(place, manager, new RestoreOptions(), progress).RunAsync(manifest, index, cancellationToken).ConfigureAwait(false);
            foreach (var file in restored.DamagedFiles)
                _problems.Add($"{file} was damaged or missing when the backup was taken.");
            return true;
        }
        catch (DamageException exception)
        {
            _problems.Add(exception.Message);
            return false;
        }
    }

    private async Task<(long Documents, ImmutableDictionary<string, long>? Answers)> LookAsync(
        BackupManifest manifest, string index, EngineProcess? engine, ImmutableArray<DrillQuery> queries, CancellationToken cancellationToken)
    {
        var inspection = await IndexEngines.Get(manifest.Engine).InspectAsync(index, readContent: true, progress, cancellationToken).ConfigureAwait(false);
        foreach (var problem in inspection.Problems)
            _problems.Add($"{problem.File} {problem.Problem}.");
        CheckDocuments(manifest, inspection.Documents, "The restored index has");
        if (engine is null)
            return (inspection.Documents, ImmutableDictionary<string, long>.Empty.Add("count", inspection.Documents));
        var (answer, failure) = await engine.AskAsync(index, queries, cancellationToken).ConfigureAwait(false);
        if (answer is null)
        {
            _problems.Add(failure!);
            return (inspection.Documents, null);
        }

        CheckDocuments(manifest, answer.Documents, "The engine finds");
        var answers = ImmutableDictionary.CreateBuilder<string, long>(StringComparer.Ordinal);
        foreach (var found in (answer.Queries ?? []).OfType<EngineHits>())
            answers[found.Query] = found.Hits;
        answers.TryAdd("count", answer.Documents);
        return (answer.Documents, answers.ToImmutable());
    }

    private void CheckDocuments(BackupManifest manifest, long documents, string who)
    {
        if (documents != manifest.Documents)
            _problems.Add($"{who} {documents} documents, and the backup records {manifest.Documents}.");
    }

    private async Task<DrillResult> RecordAsync(DrillResult result, CancellationToken cancellationToken)
    {
        var verdict = new DrillBody
        {
            Backup = result.Backup.Id.ToString(),
            Passed = result.Passed,
            Engine = result.EngineOpened,
            Documents = result.Documents,
            Seconds = Math.Round(result.Elapsed.TotalSeconds, 3),
            Problems = result.Passed ? null : [.. result.Problems.Take(10)],
        };
        try
        {
            return await place.RecordDrillAsync(verdict, _logger, cancellationToken).ConfigureAwait(false) is { } warning ? result with { Warnings = [warning] } : result;
        }
        catch (DamageException damage)
        {
            var said = result.Passed ? "passed" : $"failed: {string.Join(' ', result.Problems).TrimEnd('.')}";
            throw new DamageException(
                damage.Code, damage.DamagedObject, $"The drill of backup {result.Backup.Id.ToShortString()} is done and {said}. But its record is harmed: {damage.Message}", damage.Hint, damage);
        }
    }
}
