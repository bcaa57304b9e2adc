using System.Collections.Immutable;
using Segvault.Content;

namespace Segvault.Restore;

/// <summary>The files of a partly lost backup, together with those made for it.</summary>
internal sealed class SalvagedContent(ContentSource inner, ImmutableDictionary<string, ReadOnlyMemory<byte>> made) : ContentSource
{
    public override long BytesFetched => inner.BytesFetched;

    public override ValueTask<long> StoredLengthAsync(BackupFile file, CancellationToken cancellationToken) =>
        made.ContainsKey(file.Path) ? new ValueTask<long>(0) : inner.StoredLengthAsync(file, cancellationToken);

    public override Task<byte[]> ReadAllAsync(BackupFile file, CancellationToken cancellationToken) =>
        made.TryGetValue(file.Path, out var content) ? Task.FromResult(content.ToArray()) : inner.ReadAllAsync(file, cancellationToken);

    public override async Task ReadAsync(IReadOnlyCollection<BackupFile> files, Func<BackupFile, IContentSink> open, CancellationToken cancellationToken)
    {
        await inner.ReadAsync([.. files.Where(file => !made.ContainsKey(file.Path))], open, cancellationToken).ConfigureAwait(false);
        foreach (var file in files.Where(file => made.ContainsKey(file.Path)))
        {
            var sink = open(file);
            await using (sink.ConfigureAwait(false))
            {
                await sink.AppendAsync(made[file.Path], cancellationToken).ConfigureAwait(false);
                await sink.CompleteAsync(cancellationToken).ConfigureAwait(false);
            }
        }
    }

    public override DamageException Damaged(BackupFile? file, string message) => inner.Damaged(file, message);

    public override ValueTask DisposeAsync() => inner.DisposeAsync();
}
