using Medallion.Threading;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Segvault;

/// <summary>What a <see cref="BackupManager"/> works with. Everything has a default.</summary>
public sealed record BackupManagerOptions
{
    /// <summary>
    /// Locks indexes, so that one backup or restore of an index runs at a time. Null, the default, means a lock file inside the index
    /// directory, which everybody who sees the index sees. Any provider of DistributedLock can stand in.
    /// </summary>
    public IDistributedLockProvider? LockProvider { get; init; }

    /// <summary>Receives what is logged.</summary>
    public ILoggerFactory LoggerFactory { get; init; } = NullLoggerFactory.Instance;

    /// <summary>The clock.</summary>
    public TimeProvider TimeProvider { get; init; } = TimeProvider.System;
}
