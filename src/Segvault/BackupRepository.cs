using System.Collections.Immutable;
using Microsoft.Extensions.Logging.Abstractions;
using Segvault.Archives;
using Segvault.IO;
using Segvault.Repair;
using Segvault.Repositories;
using Segvault.Status;
using Segvault.Storage;

namespace Segvault;

/// <summary>A repository of backups: write-once objects in a store that can create an object only if it is absent.</summary>
public sealed partial class BackupRepository : IAsyncDisposable
{
    private readonly TimeProvider _timeProvider;

    private BackupRepository(ObjectStore store, RepositoryDescriptor descriptor, TimeProvider timeProvider)
    {
        if (store is LocalObjectStore local)
            local.Witness = RepositoryDescriptor.ObjectName;
        _timeProvider = timeProvider;
        Objects = new RepositoryObjects(store, descriptor, timeProvider);
    }

    /// <summary>Where the repository is.</summary>
    public string Location => Objects.Store.Location;

    internal RepositoryObjects Objects { get; }

    /// <summary>Makes a repository in a directory, after checking that the file system there can hold one. An existing repository is opened as it is.</summary>
    /// <exception cref="RefusedException">The directory holds something else.</exception>
    /// <exception cref="SegvaultException">The store cannot create an object only if it is absent.</exception>
    public static Task<BackupRepository> CreateAsync(string directory, CancellationToken cancellationToken = default) =>
        CreateAsync(new LocalObjectStore(directory), null, cancellationToken);

    /// <summary>Makes a repository in a store, which it then owns. An existing repository is opened as it is.</summary>
    public static async Task<BackupRepository> CreateAsync(ObjectStore store, TimeProvider? timeProvider = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(store);
        timeProvider ??= TimeProvider.System;
        try
        {
            return new BackupRepository(store, await RepositoryInitializer.InitializeAsync(store, timeProvider, cancellationToken).ConfigureAwait(false), timeProvider);
        }
        catch (UnauthorizedAccessException exception)
        {
            throw Denied(store, "made", "Run as a user who may write there, or choose another place.", exception);
        }
    }

    /// <summary>
    /// Tries out whether a directory does all that a repository needs of it, beside a repository in use or where none is yet. Nothing is left: a directory
    /// that was absent is removed again.
    /// </summary>
    /// <param name="directory">The directory of a repository, or a new or empty one.</param>
    /// <param name="options">How much is tried; null means the defaults.</param>
    /// <param name="progress">Receives each result as it is there.</param>
    /// <param name="cancellationToken">Stops between two calls; what was written is removed all the same.</param>
    /// <exception cref="RefusedException">The directory holds something else.</exception>
    public static Task<StoreConformanceReport> TestStoreAsync(
        string directory, StoreConformanceOptions? options = null, IProgress<StoreCheckResult>? progress = null, CancellationToken cancellationToken = default) =>
        StoreTrial.RunAsync(directory, options, progress, cancellationToken);

    /// <summary>Opens the repository in a directory.</summary>
    /// <exception cref="RepositoryNotFoundException">There is none.</exception>
    /// <exception cref="UnsupportedFormatException">It was made by a newer version.</exception>
    public static Task<BackupRepository> OpenAsync(string directory, CancellationToken cancellationToken = default) =>
        OpenAsync(new LocalObjectStore(directory), null, cancellationToken);

    /// <summary>Opens the repository in a store, which it then owns.</summary>
    /// <exception cref="RepositoryNotFoundException">There is none.</exception>
    /// <exception cref="UnsupportedFormatException">It was made by a newer version.</exception>
    public static async Task<BackupRepository> OpenAsync(ObjectStore store, TimeProvider? timeProvider = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(store);
        var descriptor = await ReadDescriptorAsync(store, cancellationToken).ConfigureAwait(false)
            ?? throw new RepositoryNotFoundException(
                store.Location,
                $"There is no repository at {store.Location}.",
                "Check the path, or make a repository there with `segvault init`.");
        return new BackupRepository(store, descriptor, timeProvider ?? TimeProvider.System);
    }

    /// <summary>Opens the repository in a directory for <see cref="RepairAsync"/>.</summary>
    /// <inheritdoc cref="OpenForRepairAsync(ObjectStore, TimeProvider?, CancellationToken)"/>
    public static Task<BackupRepository> OpenForRepairAsync(string directory, CancellationToken cancellationToken = default) =>
        OpenForRepairAsync(new LocalObjectStore(directory), null, cancellationToken);

    /// <summary>
    /// Opens the repository in a store, which it then owns, for <see cref="RepairAsync"/>: also when its descriptor is damaged or lost, as long as an entry
    /// of its log still says which repository it is.
    /// </summary>
    /// <exception cref="RepositoryNotFoundException">There is none.</exception>
    /// <exception cref="DamageException">Nothing is left that says which repository it is.</exception>
    /// <exception cref="UnsupportedFormatException">It was made by a newer version.</exception>
    public static async Task<BackupRepository> OpenForRepairAsync(ObjectStore store, TimeProvider? timeProvider = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(store);
        try
        {
            return await OpenAsync(store, timeProvider, cancellationToken).ConfigureAwait(false);
        }
        catch (DamageException)
        {
            if (await DescriptorRepair.FindLostAsync(store, cancellationToken).ConfigureAwait(false) is not { } descriptor)
                throw;
            return new BackupRepository(store, descriptor, timeProvider ?? TimeProvider.System);
        }
    }

    private static async Task<RepositoryDescriptor?> ReadDescriptorAsync(ObjectStore store, CancellationToken cancellationToken)
    {
        try
        {
            return await RepositoryInitializer.ReadDescriptorAsync(store, cancellationToken).ConfigureAwait(false);
        }
        catch (UnauthorizedAccessException exception)
        {
            throw Denied(store, "read", "Run as its owner or as root: a repository is its owner's alone.", exception);
        }
    }

    private static SegvaultException Denied(ObjectStore store, string done, string hint, UnauthorizedAccessException exception)
    {
        var owner = store is LocalObjectStore local && FileOwnership.DescribeOwner(local.Root) is { } known ? $"; {known}" : "";
        return new SegvaultException(ErrorCode.PermissionDenied, $"The repository at {store.Location} may not be {done} by this user{owner}.", hint, exception);
    }

    /// <summary>Writes a backup into one archive, which needs nothing else to be restored and holds the same bytes.</summary>
    /// <param name="backup">The backup.</param>
    /// <param name="file">The archive's path. It must not exist; its directory is created when it is absent.</param>
    /// <param name="options">How the archive is compressed; null means by the end of the file's name, gzip when that does not tell.</param>
    /// <param name="progress">Receives bytes read.</param>
    /// <param name="cancellationToken">Stops the export; there is no archive then.</param>
    /// <exception cref="BackupNotFoundException">There is no such backup.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The compression has no such level.</exception>
    /// <exception cref="RefusedException">The file exists.</exception>
    /// <exception cref="DamageException">The backup is damaged.</exception>
    public async Task<ExportResult> ExportBackupAsync(
        BackupId backup, string file, ArchiveOptions? options = null, IProgress<OperationProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(file);
        options ??= new ArchiveOptions { Format = ArchiveName.FormatOf(file) ?? ArchiveFormat.TarGz };
        ArchiveOptions.EnsureLevel(options);
        var place = new RepositoryPlace(Objects);
        var found = await place.FindAsync(backup.ToString(), null, null, cancellationToken).ConfigureAwait(false);
        var manifest = await place.GetManifestAsync(found, cancellationToken).ConfigureAwait(false);
        return await new ExportRunner(Objects, options, _timeProvider, progress).RunAsync(found, manifest, file, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Stores what an archive holds as a backup of this repository, with the same bytes; what the repository has already is not stored again.</summary>
    /// <param name="archive">The archive's path.</param>
    /// <param name="options">How; null means under the name that the archive records.</param>
    /// <param name="progress">Receives bytes read.</param>
    /// <param name="cancellationToken">Stops the import; nothing is recorded then.</param>
    /// <exception cref="BackupNotFoundException">There is no such archive.</exception>
    /// <exception cref="DamageException">The archive is damaged, or one that it needs is missing.</exception>
    /// <exception cref="RefusedException">Its name is taken by another index.</exception>
    /// <exception cref="CommitOutcomeUnknownException">The store failed at the very commit.</exception>
    public Task<ImportResult> ImportBackupAsync(
        string archive, ImportOptions? options = null, IProgress<OperationProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(archive);
        return new ImportRunner(Objects, options ?? new ImportOptions(), _timeProvider, progress).RunAsync(archive, cancellationToken);
    }

    /// <summary>Tells how the backups of each index stand: how old they are, whether they were proven, whether they are marked. Reads the log, and manifests only when a pack is known to be bad.</summary>
    /// <param name="options">What is asked; null means every index, at any age.</param>
    /// <param name="cancellationToken">Stops the call.</param>
    /// <exception cref="DamageException">The log is damaged.</exception>
    /// <exception cref="UnsupportedFormatException">The log goes on with what only a newer version understands.</exception>
    public async Task<RepositoryStatus> GetStatusAsync(StatusOptions? options = null, CancellationToken cancellationToken = default)
    {
        var state = await Objects.Log.FoldAsync(cancellationToken).ConfigureAwait(false);
        var bad = await BadPacks.FindAsync(Objects, state, cancellationToken).ConfigureAwait(false);
        return new StatusReader(options ?? new StatusOptions(), _timeProvider.GetUtcNow()).Read(state, bad);
    }

    /// <summary>
    /// Records that backups which are marked as suspicious are as they should be. The marks stay and alarm nobody any more, and the next backups are
    /// compared with these.
    /// </summary>
    /// <returns>The backups, as they are listed from now on.</returns>
    /// <exception cref="BackupNotFoundException">There is no such backup.</exception>
    /// <exception cref="CommitOutcomeUnknownException">The store failed at the very commit.</exception>
    public Task<ImmutableArray<BackupSummary>> ConfirmBackupsAsync(IReadOnlyCollection<BackupId> backups, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(backups);
        return Confirmation.RunAsync(Objects, backups, cancellationToken);
    }

    /// <summary>
    /// Repairs what is damaged: reads everything, mends the log, puts back what a copy of the repository still has, and stores anew what is found elsewhere
    /// by its SHA-256. What cannot be repaired is in the report; nothing is thrown for it, and no other backup is concerned.
    /// </summary>
    /// <param name="options">Where to look besides the repository itself; null means nowhere.</param>
    /// <param name="progress">Receives bytes read, then bytes stored.</param>
    /// <param name="cancellationToken">Stops the repair; what was done stays done, and the next one goes on.</param>
    /// <exception cref="NotAnIndexException">A directory named holds no index.</exception>
    /// <exception cref="UnsupportedFormatException">The log needs a newer version.</exception>
    /// <exception cref="CommitOutcomeUnknownException">The store failed at the very commit.</exception>
    public Task<RepairReport> RepairAsync(RepairOptions? options = null, IProgress<OperationProgress>? progress = null, CancellationToken cancellationToken = default) =>
        new RepairRunner(Objects, options ?? new RepairOptions(), true, _timeProvider, NullLogger.Instance, progress).RunAsync(cancellationToken);

    /// <summary>Says what <see cref="RepairAsync"/> would do, and changes nothing.</summary>
    /// <inheritdoc cref="RepairAsync"/>
    public Task<RepairReport> PlanRepairAsync(RepairOptions? options = null, IProgress<OperationProgress>? progress = null, CancellationToken cancellationToken = default) =>
        new RepairRunner(Objects, options ?? new RepairOptions(), false, _timeProvider, NullLogger.Instance, progress).RunAsync(cancellationToken);

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => Objects.Store.DisposeAsync();
}
