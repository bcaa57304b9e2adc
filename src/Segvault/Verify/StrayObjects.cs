using System.Globalization;
using Segvault.Repositories;

namespace Segvault.Verify;

/// <summary>
/// Finds what lies in a repository and does not belong there: names that no object has, and objects under the names of others. Packs and manifests
/// that no backup refers to are none of these: they are left over or on their way, and are collected.
/// </summary>
internal sealed class StrayObjects(RepositoryObjects repository, ProblemList problems)
{
    /// <param name="examined">Objects that were looked into already.</param>
    /// <param name="cancellationToken">Stops the call.</param>
    public async Task FindAsync(IReadOnlySet<string> examined, CancellationToken cancellationToken)
    {
        await FindAsync(PackFormat.Prefix, ObjectKind.Pack, examined, cancellationToken).ConfigureAwait(false);
        await FindAsync(ManifestStore.Prefix, ObjectKind.Manifest, examined, cancellationToken).ConfigureAwait(false);
        await FindAsync(LogReader.Prefix, null, examined, cancellationToken).ConfigureAwait(false);
        await FindAsync(CheckpointStore.Prefix, null, examined, cancellationToken).ConfigureAwait(false);
    }

    /// <param name="prefix">Where to look.</param>
    /// <param name="kind">The kind of the objects there, when they are named by ids; entries and checkpoints are read whole elsewhere.</param>
    /// <param name="examined">Objects that were looked into already.</param>
    /// <param name="cancellationToken">Stops the call.</param>
    private async Task FindAsync(string prefix, ObjectKind? kind, IReadOnlySet<string> examined, CancellationToken cancellationToken)
    {
        await foreach (var stored in repository.Store.ListAsync(prefix, cancellationToken).ConfigureAwait(false))
        {
            if (!IsName(stored.Name, prefix, kind, out var id))
                problems.Add(stored.Name, $"{stored.Name} is not a name that Segvault gives: it does not belong here.");
            else if (kind is { } known && !examined.Contains(stored.Name))
                await LookAsync(stored.Name, known, new ObjectName(id), cancellationToken).ConfigureAwait(false);
        }
    }

    private async Task LookAsync(string name, ObjectKind kind, ObjectName own, CancellationToken cancellationToken)
    {
        try
        {
            var header = new byte[ObjectHeader.Length];
            var read = await repository.Store.ReadAsync(name, 0, header, cancellationToken).ConfigureAwait(false);

            // A collector may delete meanwhile.
            if (read >= 0 && ObjectHeader.Check(header.AsSpan(0, read), kind, repository.Id, own) is { } problem)
                problems.Add(name, $"{name}, which no backup needs, {problem}.");
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            problems.Add(name, $"{name} cannot be read: {exception.Message}");
        }
    }

    private static bool IsName(string name, string prefix, ObjectKind? kind, out ObjectId id)
    {
        id = default;
        var rest = name[prefix.Length..];
        if (kind is not null)
            return ObjectId.TryParse(rest, out id) && id.ToString() == rest;
        if (prefix == CheckpointStore.Prefix)
            return CheckpointStore.IsName(name);
        return long.TryParse(rest.Replace("/", "", StringComparison.Ordinal), NumberStyles.None, CultureInfo.InvariantCulture, out var number) && LogReader.NameOf(number) == name;
    }
}
