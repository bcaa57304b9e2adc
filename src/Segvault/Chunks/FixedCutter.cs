namespace Segvault.Chunks;

/// <summary>Cuts every file into chunks of one size; only the last is shorter.</summary>
internal static class FixedCutter
{
    /// <summary>The name by which manifests say how their files were cut.</summary>
    public const string Name = "fixed-1048576";

    public const int ChunkLength = 1024 * 1024;
}
