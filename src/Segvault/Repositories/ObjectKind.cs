namespace Segvault.Repositories;

/// <summary>The kinds of repository objects. The numbers are part of the format; those without code yet are reserved.</summary>
internal enum ObjectKind : byte
{
    Pack = 1,
    Manifest = 2,
    LogEntry = 3,
    Checkpoint = 4,
    Key = 5,
}
