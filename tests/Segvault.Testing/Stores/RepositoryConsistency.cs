using Segvault.IO;
using Segvault.Repositories;
using Segvault.Storage;

namespace Segvault.Testing.Stores;

/// <summary>
/// What holds for every repository at any time, whoever wrote to it and however they ended: checked at the end of each test that touched one, from
/// the stored bytes alone, and without writing any.
/// </summary>
internal sealed class RepositoryConsistency
{
    private readonly List<string> _problems = [];
    private readonly Dictionary<string, long> _sizes = new(StringComparer.Ordinal);
    private readonly Dictionary<long, LogState> _states = [];
    private readonly BackupRepository _repository;
    private readonly ObjectStore _store;

    private RepositoryConsistency(ObjectStore store, BackupRepository repository) => (_store, _repository) = (store, repository);

    /// <summary>Fails with everything that is wrong.</summary>
    public static async Task AssertAsync(ObjectStore store, string? after = null)
    {
        var problems = await FindProblemsAsync(store);
        if (problems.Count > 0)
        {
            throw new InvalidDataException(
                $"The repository at {store.Location} is not consistent{(after is null ? "" : $" after {after}")} (a test that damages one on purpose sets DamagedBecause):\n"
                + string.Join('\n', problems.Select(problem => $"- {problem}")));
        }
    }

    /// <summary>As <see cref="AssertAsync"/>, of every repository in a directory and below it.</summary>
    public static void AssertBelow(string directory)
    {
        // Waited for outside of any context that a test may run in.
        foreach (string repository in FindRepositories(directory))
            Task.Run(() => AssertAsync(new LocalObjectStore(repository))).GetAwaiter().GetResult();
    }

    /// <summary>What has a descriptor. Links are not followed, and nothing is looked for inside a repository.</summary>
    private static IEnumerable<string> FindRepositories(string directory)
    {
        var pending = new Stack<string>([directory]);
        var ownDirectories = new EnumerationOptions { AttributesToSkip = FileAttributes.ReparsePoint };
        while (pending.TryPop(out string? next))
        {
            if (FileStatus.TryRead(Path.Combine(next, RepositoryDescriptor.ObjectName)) is { Kind: FileKind.Regular })
            {
                yield return next;
                continue;
            }

            foreach (string child in Directory.EnumerateDirectories(next, "*", ownDirectories))
                pending.Push(child);
        }
    }

    public static async Task<IReadOnlyList<string>> FindProblemsAsync(ObjectStore store)
    {
        var reading = new ReadOnlyStore(store);
        try
        {
            await using var repository = await BackupRepository.OpenAsync(reading);
            var check = new RepositoryConsistency(reading, repository);
            await check.RunAsync();
            return check._problems;
        }
        catch (SegvaultException exception)
        {
            return [$"It cannot be opened or verified: {exception.Message}"];
        }
    }

    private async Task RunAsync()
    {
        foreach (string prefix in new[] { PackFormat.Prefix, ManifestStore.Prefix, LogReader.Prefix })
        {
            await foreach (var stored in _store.ListAsync(prefix, CancellationToken.None))
                _sizes[stored.Name] = stored.Length;
        }

        // Read first: other clients may still append, and write checkpoints of what was not folded here.
        var checkpoints = await ReadCheckpointsAsync();
        var state = await _repository.Objects.Log.FoldWholeAsync(CancellationToken.None, passing: passed => _states[passed.NextNumber - 1] = passed);
        if (state.Obstacle is { } obstacle)
            _problems.Add($"The log cannot be folded beyond entry {state.NextNumber - 1}: {obstacle.Message}");
        foreach (string name in _sizes.Keys.Where(name => name.StartsWith(LogReader.Prefix, StringComparison.Ordinal) && string.CompareOrdinal(name, LogReader.NameOf(state.NextNumber)) >= 0))
            _problems.Add($"{name} lies beyond the end of the log.");
        foreach (var add in state.Live)
            await CheckAsync(add, state, isLive: true);
        foreach (var record in state.Removed)
            await CheckAsync(record.Add, state, isLive: false);
        foreach (var (name, checkpoint, problem) in checkpoints)
            Check(name, checkpoint, problem, state);
        foreach (var problem in (await new BackupManager(_repository).VerifyBackupsAsync(new VerifyOptions { Level = VerifyLevel.Structure })).Problems)
            _problems.Add($"verify: {problem.Object}: {problem.Problem}");
    }

    /// <summary>A live backup has everything, and nothing of it is erased. One that was removed lacks only what was erased.</summary>
    private async Task CheckAsync(AddBody add, LogState state, bool isLive)
    {
        string what = $"{(isLive ? "live" : "removed")} backup {add.Backup}";
        Check(add.Manifest, add.ManifestLength, state, isLive, what);
        if (!_sizes.ContainsKey(add.Manifest))
            return;
        try
        {
            foreach (var pack in (await _repository.Objects.ReadManifestAsync(add, CancellationToken.None)).Packs)
                Check(PackFormat.NameOf(pack.Id), pack.Length, state, isLive, what);
        }
        catch (SegvaultException exception)
        {
            _problems.Add($"The manifest of the {what}: {exception.Message}");
        }
    }

    private void Check(string name, long length, LogState state, bool isLive, string what)
    {
        bool isErased = state.Erased.Contains(name);

        // A repaired copy has taken the place of a backup that needs what is known to be bad.
        bool isForsaken = !isLive && state.KnownBad.Contains(name);
        if (isErased && isLive)
            _problems.Add($"{name} is erased and needed by the {what}.");
        if (!_sizes.TryGetValue(name, out long size))
        {
            if (!isErased && !isForsaken)
                _problems.Add($"{name} of the {what} is missing and was never erased.");
        }
        else if (size != length && !isForsaken)
        {
            _problems.Add($"{name} of the {what} has {size} bytes instead of {length}.");
        }
    }

    private async Task<IReadOnlyList<(string Name, Checkpoint? Checkpoint, string? Problem)>> ReadCheckpointsAsync()
    {
        var checkpoints = new CheckpointStore(_store, _repository.Objects.Id);
        var read = new List<(string Name, Checkpoint? Checkpoint, string? Problem)>();
        foreach (string name in await checkpoints.ListAsync(CancellationToken.None))
        {
            var (checkpoint, problem) = await checkpoints.ReadAsync(name, CancellationToken.None);
            if (checkpoint is not null || problem is not null)
                read.Add((name, checkpoint, problem));
        }

        return read;
    }

    private void Check(string name, Checkpoint? checkpoint, string? problem, LogState state)
    {
        if (checkpoint is null)
            _problems.Add($"{name} {problem}.");

        // Before entries were lost and passed over, a checkpoint says what those still said.
        else if (state.Skipped.All(checkpoint.Skipped.Contains)
            && !(_states.TryGetValue(checkpoint.Number, out var folded) && Checkpoint.Of(folded).ToJson().AsSpan().SequenceEqual(checkpoint.ToJson())))
            _problems.Add($"{name} is not what the log folds to at entry {checkpoint.Number}.");
    }
}
