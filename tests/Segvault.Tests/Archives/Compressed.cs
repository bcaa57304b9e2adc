using System.Diagnostics;
using Segvault.Archives.Compression;
using Segvault.Testing;
using Xunit;

namespace Segvault.Tests.Archives;

/// <summary>Compresses and reads in memory, and has other programs do the same.</summary>
internal static class Compressed
{
    /// <summary>Half noise and half repetition, so that no two pieces are alike.</summary>
    public static byte[] MakePlain(int length)
    {
        byte[] plain = new byte[length];
        Random random = new(length);
        for (int start = 0; start < length; start += 4096)
        {
            Span<byte> piece = plain.AsSpan(start, Math.Min(4096, length - start));
            random.NextBytes(piece[..(piece.Length / 2)]);
            piece[(piece.Length / 2)..].Fill((byte)random.Next(256));
        }

        return plain;
    }

    public static async Task<byte[]> WriteAsync(ArchiveFormat format, byte[] plain, int? level = null, int step = 100_000)
    {
        MemoryStream file = new();
        await using CompressedWriter writer = CompressedWriter.Create(format, level, (bytes, ct) => file.WriteAsync(bytes, ct));
        for (int start = 0; start < plain.Length; start += step)
            await writer.WriteAsync(plain.AsMemory(start, Math.Min(step, plain.Length - start)), CancellationToken.None);
        await writer.CompleteAsync(CancellationToken.None);
        return writer.BytesWritten == file.Length ? file.ToArray() : throw new InvalidOperationException($"{writer.BytesWritten} bytes were reported, and {file.Length} written.");
    }

    public static async Task<byte[]> ReadAsync(byte[] file, int step = 77_777)
    {
        MemoryStream plain = new();
        await using CompressedReader reader = CompressedReader.Open(new MemoryStream(file));
        byte[] buffer = new byte[step];
        int length;
        while ((length = await reader.ReadAsync(buffer, CancellationToken.None)) > 0)
            plain.Write(buffer, 0, length);
        return reader.BytesRead == file.Length ? plain.ToArray() : throw new InvalidOperationException($"{reader.BytesRead} of {file.Length} bytes were read.");
    }

    /// <summary>The plain bytes, or null when the file is refused in the one way in which files are refused.</summary>
    public static async Task<byte[]?> TryReadAsync(byte[] file)
    {
        try
        {
            return await ReadAsync(file);
        }
        catch (ArchiveFormatException)
        {
            return null;
        }
    }

    /// <summary>Compares large arrays quickly, and says where they differ instead of what is in them.</summary>
    public static void AssertSame(byte[] expected, byte[] actual)
    {
        Assert.Equal(expected.Length, actual.Length);
        Assert.Equal(expected.Length, expected.AsSpan().CommonPrefixLength(actual));
    }

    public static EndMark Look(byte[] file)
    {
        using TempDirectory directory = new();
        File.WriteAllBytes(directory.Combine("file"), file);
        using var handle = File.OpenHandle(directory.Combine("file"));
        return ArchiveEnd.Look(handle);
    }

    /// <summary>Runs a program on bytes and returns what it prints. Where there is no such program the test is skipped, or fails if CI is true.</summary>
    public static async Task<byte[]> PipeAsync(byte[] input, string program, params string[] arguments)
    {
        string path = TestBench.FindProgram(program) ?? "";
        TestBench.Require(path.Length > 0, $"This needs the program {program}.");
        using Process process = Process.Start(new ProcessStartInfo(path, arguments)
        {
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        MemoryStream output = new();
        Task copying = process.StandardOutput.BaseStream.CopyToAsync(output);
        Task<string> errors = process.StandardError.ReadToEndAsync();
        await process.StandardInput.BaseStream.WriteAsync(input);
        process.StandardInput.Close();
        await copying;
        await process.WaitForExitAsync();
        return process.ExitCode == 0 ? output.ToArray() : throw new InvalidOperationException($"{program} ended with {process.ExitCode}: {await errors}");
    }
}
