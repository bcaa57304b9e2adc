namespace Segvault.Verify;

/// <summary>What the failure to read an object says about it.</summary>
internal static class VerifyFailure
{
    /// <summary>What is wrong with an object, from what reading it threw; null when the failure is not the object's. A bad sector is.</summary>
    public static string? Tell(Exception exception, string name) => exception switch
    {
        DamageException => exception.Message,
        IOException or UnauthorizedAccessException => $"{name} cannot be read: {exception.Message}",
        _ => null,
    };
}
