using System.CommandLine;
using Medallion.Threading;
using Segvault.Locking;

namespace Segvault.Cli.Input;

/// <summary>Where an index is locked. Backup and restore have to say the same, or they would not see one another.</summary>
internal sealed class LockOptions
{
    private readonly Option<string> _lock = CommonOptions.Text(
        "--lock", "DIR", "Lock with files in this directory instead of a file inside the index. SEGVAULT_LOCK stands in.");

    private readonly Option<string> _name = CommonOptions.Text("--lock-name", "NAME", "The lock's name; derived from the index's path by default. Goes with --lock.");

    public IEnumerable<Option> All => [_lock, _name];

    /// <summary>What locks; null means the file inside the index.</summary>
    public IDistributedLockProvider? Provider(Invocation run) =>
        run.Get(_lock, "SEGVAULT_LOCK") is { } place ? new LockFileProvider(Locations.LockDirectory(place)) : null;

    /// <exception cref="UsageException">A name was given, but nothing that uses it.</exception>
    public string? Name(Invocation run) => run.Get(_name) is not { } name
        ? null
        : run.Get(_lock, "SEGVAULT_LOCK") is not null
            ? name
            : throw new UsageException("--lock-name goes with --lock.", "Give --lock DIR too: the file inside the index needs no name.");
}
