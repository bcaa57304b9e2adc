using System.ComponentModel;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.Win32.SafeHandles;
using Segvault.IO;

namespace Segvault.Locking;

/// <summary>What a lock file says of its holder, for people to read. Nothing is decided by it.</summary>
internal sealed record LockHolder
{
    private const int LongestLine = 4096;

    public required string Host { get; init; }
    public required int Pid { get; init; }
    public string? Process { get; init; }
    public DateTimeOffset? StartedAt { get; init; }
    public required DateTimeOffset AcquiredAt { get; init; }

    /// <summary>This process, holding a lock since now.</summary>
    public static LockHolder Current(TimeProvider clock) => new()
    {
        Host = Environment.MachineName,
        Pid = Environment.ProcessId,
        Process = Path.GetFileNameWithoutExtension(Environment.ProcessPath),
        StartedAt = StartOfThisProcess() is { } start ? WholeSeconds(start) : null,
        AcquiredAt = WholeSeconds(clock.GetUtcNow()),
    };

    /// <summary>Null when the file is absent, cannot be read, or says nothing that can be understood.</summary>
    public static LockHolder? TryRead(string lockFilePath)
    {
        try
        {
            // Not by the file API of .NET, which locks what it reads.
            using SafeFileHandle file = SourceFile.OpenRead(lockFilePath);
            var buffer = new byte[LongestLine];
            Span<byte> content = buffer.AsSpan(0, RandomAccess.Read(file, buffer, 0));
            int end = content.IndexOf((byte)'\n');
            return end < 0 ? null : JsonSerializer.Deserialize(content[..end], LockHolderJson.Default.LockHolder);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or JsonException)
        {
            return null;
        }
    }

    /// <summary>One line of JSON.</summary>
    public byte[] ToLine() => [.. JsonSerializer.SerializeToUtf8Bytes(this, LockHolderJson.Default.LockHolder), (byte)'\n'];

    public override string ToString()
    {
        string process = Process is { Length: > 0 } ? $" ({Printable(Process)})" : "";
        string since = AcquiredAt.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);
        return string.Create(CultureInfo.InvariantCulture, $"process {Pid}{process} on host {Printable(Host)} since {since}");
    }

    private static DateTimeOffset? StartOfThisProcess()
    {
        try
        {
            using var process = System.Diagnostics.Process.GetCurrentProcess();
            return new DateTimeOffset(process.StartTime);
        }
        catch (Exception e) when (e is Win32Exception or InvalidOperationException or NotSupportedException)
        {
            return null;
        }
    }

    private static DateTimeOffset WholeSeconds(DateTimeOffset time) => DateTimeOffset.FromUnixTimeSeconds(time.ToUnixTimeSeconds());

    /// <summary>Anybody who may write the file can write anything: nothing of it is to move the cursor of a terminal.</summary>
    private static string Printable(string text) => string.Concat(text.Where(c => !char.IsControl(c)).Take(100));
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, RespectNullableAnnotations = true)]
[JsonSerializable(typeof(LockHolder))]
internal sealed partial class LockHolderJson : JsonSerializerContext;
