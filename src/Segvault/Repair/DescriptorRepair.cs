using Segvault.Repositories;
using Segvault.Storage;

namespace Segvault.Repair;

/// <summary>Writes a descriptor anew that is damaged or lost. Nothing else is where it was: every object names its repository.</summary>
internal sealed class DescriptorRepair(RepositoryObjects repository, RepairFindings findings, bool apply)
{
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        if (await FindProblemAsync(cancellationToken).ConfigureAwait(false) is not { } problem)
            return;
        if (apply)
            await WriteAsync(cancellationToken).ConfigureAwait(false);
        var repaired = !apply || await FindProblemAsync(cancellationToken).ConfigureAwait(false) is null;
        findings.Add(RepositoryDescriptor.ObjectName, $"{problem}{(repaired ? "; it is written anew from what the log says." : ", and something keeps it from being written anew.")}", null, [], repaired);
    }

    /// <summary>The descriptor that a store must have had, by the entries of its log; null when it has none that is sound.</summary>
    /// <exception cref="DamageException">The log is of several repositories.</exception>
    public static async Task<RepositoryDescriptor?> FindLostAsync(ObjectStore store, CancellationToken cancellationToken)
    {
        RepositoryDescriptor? found = null;
        var header = new byte[ObjectHeader.Length];
        foreach (var number in await new LogReader(store, default).ListAsync(cancellationToken).ConfigureAwait(false))
        {
            var name = LogReader.NameOf(number);
            if (await store.ReadAsync(name, 0, header, cancellationToken).ConfigureAwait(false) != header.Length)
                continue;
            var id = ObjectHeader.RepositoryOf(header);
            if (await new LogReader(store, id).ReadSoundAsync(number, cancellationToken).ConfigureAwait(false) is not { Entry: var entry })
                continue;
            if (found is not null && found.Id != id)
                throw new DamageException(ErrorCode.RepositoryDamaged, name, $"The log at {store.Location} holds entries of several repositories.", "Move away what does not belong there.");
            found ??= RepositoryDescriptor.Of(id, entry.Time);
        }

        return found;
    }

    /// <summary>The one object that is replaced. Were that cut short in between, it would be missing, and the next repair would write it.</summary>
    private async Task WriteAsync(CancellationToken cancellationToken)
    {
        await repository.Store.DeleteAsync(RepositoryDescriptor.ObjectName, cancellationToken).ConfigureAwait(false);
        await repository.Store.PutIfAbsentAsync(RepositoryDescriptor.ObjectName, repository.Descriptor.ToBytes(), cancellationToken).ConfigureAwait(false);
        await repository.Store.BarrierAsync(cancellationToken).ConfigureAwait(false);
    }

    private async Task<string?> FindProblemAsync(CancellationToken cancellationToken)
    {
        try
        {
            await RepositoryInitializer.ReadDescriptorAsync(repository.Store, cancellationToken).ConfigureAwait(false);
            return null;
        }
        catch (DamageException)
        {
            return await repository.Store.GetLengthAsync(RepositoryDescriptor.ObjectName, cancellationToken).ConfigureAwait(false) is null ? "is missing" : "is damaged";
        }
    }
}
