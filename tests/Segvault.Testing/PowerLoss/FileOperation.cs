namespace Segvault.Testing.PowerLoss;

/// <summary>Something that a program did to files. Paths are relative to one directory; what is outside of it is not recorded.</summary>
internal abstract record FileOperation;

/// <summary>A new, empty file got a name.</summary>
internal sealed record CreateFile(string Path) : FileOperation;

internal sealed record WriteBytes(string Path, long Offset, byte[] Bytes) : FileOperation;

internal sealed record Truncate(string Path, long Length) : FileOperation;

/// <summary>A file or directory was flushed, and the system said that this worked.</summary>
internal sealed record Flush(string Path) : FileOperation;

internal sealed record Rename(string From, string To) : FileOperation;

internal sealed record Exchange(string First, string Second) : FileOperation;

internal sealed record Link(string Existing, string Name) : FileOperation;

/// <summary>A file or an empty directory lost a name.</summary>
internal sealed record Remove(string Path) : FileOperation;

internal sealed record MakeDirectory(string Path) : FileOperation;

/// <summary>A command ended and said that it had done its work.</summary>
internal sealed record Reported(string Command) : FileOperation;
