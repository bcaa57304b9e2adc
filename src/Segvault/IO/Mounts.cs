namespace Segvault.IO;

/// <summary>Finds out whether exchanging a directory would go unnoticed somewhere.</summary>
internal static class Mounts
{
    /// <summary>
    /// Says why a directory must not be exchanged: it is a mount point, or some mount namespace that can be read mounts it, or something
    /// inside it (a container that bind-mounts a directory keeps the old one after an exchange). Null when nothing speaks against it.
    /// </summary>
    public static string? WhyNotExchangeable(string directory) => throw new NotSupportedException("stub");
}
