using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using Microsoft.Win32.SafeHandles;
using Segvault.IO;

namespace Segvault.Engines.Tantivy;

/// <summary>A captured commit, described. <c>meta.json</c> is served from memory, the rest from what the capture keeps.</summary>
internal sealed class TantivySnapshot : PinnedSnapshot
{
    private readonly Capture _capture;
    private readonly Dictionary<string, CapturedFile> _kept;
    private bool _disposed;

    [SetsRequiredMembers]
    private TantivySnapshot(string directory, Capture capture, DateTimeOffset pinnedAt, ImmutableArray<SnapshotFile> files)
    {
        _capture = capture;
        _kept = capture.Files.ToDictionary(file => file.Name, StringComparer.Ordinal);
        Directory = directory;
        Engine = TantivyEngine.EngineName;
        PinnedAt = pinnedAt;
        Commit = capture.Commit;
        Files = files;
    }

    /// <summary>The bytes of <c>meta.json</c>.</summary>
    public ReadOnlyMemory<byte> Meta => _capture.Meta.Bytes;

    /// <summary>Every name in the directory.</summary>
    public IReadOnlyList<string> Names => _capture.Names;

    /// <summary>Looks at what was captured. Takes over the capture unless it throws.</summary>
    public static TantivySnapshot Describe(string directory, Capture capture, DateTimeOffset pinnedAt, TimeSpan lockHeld, int attempts)
    {
        var owners = new Dictionary<(uint?, uint?), FileOwner?>();
        var footers = new List<TantivyFooter>();
        var problems = new List<IndexProblem>(capture.Problems);
        problems.AddRange(capture.Missing.Select(name => new IndexProblem(name, "is missing")));

        var files = new List<SnapshotFile>(capture.Files.Count + 1)
        {
            DescribeFile(TantivyFileName.Meta, capture.Meta.Status, capture.Commit, owners),
        };
        foreach (var kept in capture.Files)
        {
            (var status, var footer, string? problem) = Look(kept);
            if (footer is not null)
                footers.Add(footer);
            if (problem is not null)
                problems.Add(new IndexProblem(kept.Name, problem));
            files.Add(DescribeFile(kept.Name, status, capture.Commit, owners) with { Footer = footer?.Bytes ?? [] });
        }

        return new TantivySnapshot(directory, capture, pinnedAt, [.. files.OrderBy(file => file.Path, StringComparer.Ordinal)])
        {
            ForeignFiles = TantivyFileName.FindForeign(capture.Names),
            Problems = [.. problems.OrderBy(problem => problem.File, StringComparer.Ordinal)],
            EngineVersions = [.. footers.Select(footer => footer.EngineVersion).Distinct().Order().Select(version => version.ToString(3))],
            FormatVersions = [.. footers.Select(footer => footer.FormatVersion).Distinct().Order()],
            EngineLockHeld = lockHeld,
            Attempts = attempts,
        };
    }

    public override SnapshotContent OpenRead(SnapshotFile file)
    {
        ArgumentNullException.ThrowIfNull(file);
        ObjectDisposedException.ThrowIf(_disposed, this);
        if (file.Path == TantivyFileName.Meta)
            return new MemoryContent(_capture.Meta.Bytes);
        if (!_kept.TryGetValue(file.Path, out var kept))
            throw new ArgumentException($"{file.Path} is not in the snapshot.", nameof(file));
        return kept.Handle is { } handle ? new HandleContent(handle, owned: false) : new HandleContent(SourceFile.OpenRead(kept.Path), owned: true);
    }

    public override ValueTask DisposeAsync()
    {
        _disposed = true;
        _capture.Dispose();
        return ValueTask.CompletedTask;
    }

    private static (FileStatus Status, TantivyFooter? Footer, string? Problem) Look(CapturedFile kept)
    {
        SafeFileHandle? opened = null;
        try
        {
            var handle = kept.Handle ?? (opened = SourceFile.OpenRead(kept.Path));
            var status = FileStatus.Read(handle);
            var footer = TantivyFooterReader.Read(handle, status.Length, out string? problem);
            return (status, footer, problem);
        }
        catch (Exception e) when (e is (FileNotFoundException or DirectoryNotFoundException) && kept.Way == Keeping.Names)
        {
            // Only looked at, and deleted since: what was seen was consistent all the same.
            return (kept.Seen, null, null);
        }
        catch (UnauthorizedAccessException e)
        {
            throw IndexDirectory.MayNotRead(kept.Path, e);
        }
        catch (IOException e)
        {
            throw IndexDirectory.CannotRead(kept.Path, e);
        }
        finally
        {
            opened?.Dispose();
        }
    }

    private static SnapshotFile DescribeFile(
        string name, FileStatus status, TantivyCommit commit, Dictionary<(uint?, uint?), FileOwner?> owners)
    {
        var ids = (status.UserId, status.GroupId);
        if (!owners.TryGetValue(ids, out var owner))
            owners[ids] = owner = FileOwnership.Describe(status);
        return new SnapshotFile
        {
            Path = name,
            Role = TantivyFileName.Classify(name),
            Length = status.Length,
            ModifiedAt = status.ModifiedAt,
            CreatedAt = status.CreatedAt,
            Mode = status.Mode,
            Owner = owner,
            Segment = commit.SegmentOf(name),
        };
    }

    private sealed class MemoryContent(byte[] bytes) : SnapshotContent
    {
        public override int Read(long offset, Span<byte> buffer)
        {
            if (offset >= bytes.Length)
                return 0;
            var rest = bytes.AsSpan((int)offset);
            rest = rest[..Math.Min(rest.Length, buffer.Length)];
            rest.CopyTo(buffer);
            return rest.Length;
        }

        public override void Dispose()
        {
        }
    }

    private sealed class HandleContent(SafeFileHandle handle, bool owned) : SnapshotContent
    {
        internal override SafeFileHandle File => handle;

        public override int Read(long offset, Span<byte> buffer) => RandomAccess.Read(handle, buffer, offset);

        public override void Dispose()
        {
            if (owned)
                handle.Dispose();
        }
    }
}
