namespace Segvault.Locking;

/// <summary>A lock can be neither taken nor found busy: its file cannot be created or opened, or the file system knows no locks.</summary>
internal sealed class LockUnavailableException(string message, Exception? inner = null) : IOException(message, inner);
