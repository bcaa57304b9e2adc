using Segvault.IO;
using Segvault.Storage;

namespace Segvault.Repositories;

/// <summary>Makes repositories.</summary>
internal static class RepositoryInitializer
{
    // What an interrupted run of this very code can have left.
    private static readonly string[] OwnNames = ["packs", "backups", "log", "checkpoints", "keys", "tmp", "probes", RepositoryReadme.FileName, "lost+found"];

    /// <summary>Makes a repository in the store unless one is there.</summary>
    public static async Task<RepositoryDescriptor> InitializeAsync(ObjectStore store, TimeProvider timeProvider, CancellationToken cancellationToken)
    {
        if (await ReadDescriptorAsync(store, cancellationToken).ConfigureAwait(false) is { } existing)
            return existing;
        if (store is not LocalObjectStore local)
            return await MakeAsync(store, timeProvider, cancellationToken).ConfigureAwait(false);
        var undo = new UnfinishedRepository(local);
        try
        {
            Prepare(local);
            return await MakeAsync(store, timeProvider, cancellationToken).ConfigureAwait(false);
        }
        catch
        {
            undo.Remove();
            throw;
        }
    }

    private static async Task<RepositoryDescriptor> MakeAsync(ObjectStore store, TimeProvider timeProvider, CancellationToken cancellationToken)
    {
        await StoreProbe.RunAsync(store, cancellationToken).ConfigureAwait(false);
        if (store is LocalObjectStore readable)
            await RepositoryReadme.WriteAsync(readable.Root, cancellationToken).ConfigureAwait(false);
        await store.BarrierAsync(cancellationToken).ConfigureAwait(false);

        // The descriptor is what makes it a repository, so it comes last.
        var descriptor = RepositoryDescriptor.New(timeProvider);
        if (!await store.PutIfAbsentAsync(RepositoryDescriptor.ObjectName, descriptor.ToBytes(), cancellationToken).ConfigureAwait(false))
            descriptor = await ReadDescriptorAsync(store, cancellationToken).ConfigureAwait(false)
                ?? throw new IOException($"{RepositoryDescriptor.ObjectName} exists at {store.Location} and cannot be read.");
        await store.BarrierAsync(cancellationToken).ConfigureAwait(false);
        store.RenewReserve();
        return descriptor;
    }

    /// <summary>Null when there is no repository. What is not a file is not opened: a FIFO would hold us up for ever.</summary>
    /// <exception cref="DamageException">It is damaged, or missing although there is a log: nobody may make another repository among what is left of one.</exception>
    public static async Task<RepositoryDescriptor?> ReadDescriptorAsync(ObjectStore store, CancellationToken cancellationToken)
    {
        if ((store is not LocalObjectStore || await store.GetLengthAsync(RepositoryDescriptor.ObjectName, cancellationToken).ConfigureAwait(false) is not null)
            && await store.ReadAsync(RepositoryDescriptor.ObjectName, cancellationToken).ConfigureAwait(false) is { } bytes)
            return RepositoryDescriptor.Parse(bytes, store.Location);
        return (await new LogReader(store, default).ListAsync(cancellationToken).ConfigureAwait(false)).Count == 0
            ? null
            : throw RepositoryDescriptor.Damaged(store.Location, "is missing");
    }

    /// <summary>Refuses a directory that holds something else than a repository, or what making one left.</summary>
    public static void EnsureOurs(LocalObjectStore store)
    {
        if (RealPath.FindFileOn(store.Root) is { } file)
            throw new RefusedException(ErrorCode.RepositoryNotEmpty, $"{file} is a file, not a directory.", "Choose another place for the repository.");
        if (!Directory.Exists(store.Root))
            return;
        var strangers = Directory.EnumerateFileSystemEntries(store.Root).Select(Path.GetFileName).Where(name => !OwnNames.Contains(name)).ToList();
        if (strangers.Count > 0)
        {
            throw new RefusedException(
                ErrorCode.RepositoryNotEmpty,
                $"{store.Root} is not empty: it holds '{strangers[0]}'{(strangers.Count > 1 ? $" and {strangers.Count - 1} more" : "")}.",
                "Choose an empty or new directory for the repository.");
        }
    }

    private static void Prepare(LocalObjectStore store)
    {
        EnsureOurs(store);
        foreach (var name in new[] { "backups", "log", "checkpoints", "keys", "tmp" })
            store.CreateDirectory(Path.Combine(store.Root, name));
        for (var i = 0; i < 256; i++)
            store.CreateDirectory(Path.Combine(store.Root, "packs", i.ToString("x2", System.Globalization.CultureInfo.InvariantCulture)));
    }
}
