namespace Segvault;

/// <summary>How an archive is packed: a tar in either case, compressed one way or the other. Reading finds out by itself.</summary>
public enum ArchiveFormat
{
    /// <summary><c>.tar.gz</c>: everything can open it.</summary>
    TarGz,

    /// <summary><c>.tar.zst</c>: smaller and faster; needs a tar that knows zstd.</summary>
    TarZst,
}
