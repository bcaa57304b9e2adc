namespace Segvault.Testing;

/// <summary>What Tantivy, or the program around it, answered instead of a result.</summary>
internal sealed class TantivyException(string message) : Exception(message);
