namespace Segvault;

/// <summary>How much time a backup spends on taking up less room. What it stores is read back alike.</summary>
public enum BackupCompression
{
    /// <summary>Everything is compressed quickly; of stored documents, which the engine has compressed already, the bytes are sorted first, and positions are unpacked, so that more can be made of them.</summary>
    Auto,

    /// <summary>Everything is compressed quickly, and as it is.</summary>
    Fast,

    /// <summary>The engine's own compression of stored documents is taken off and a better one put on; everything takes several times as long.</summary>
    Max,
}
