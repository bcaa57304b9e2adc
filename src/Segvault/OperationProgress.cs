namespace Segvault;

/// <summary>How far an operation has come.</summary>
/// <param name="Phase">What is being done, in one word: <c>pin</c>, <c>read</c>, <c>check</c>, <c>restore</c>, <c>verify</c>, <c>snapshot</c>, <c>delete</c>.</param>
/// <param name="BytesDone">Bytes done in this phase.</param>
/// <param name="BytesTotal">Bytes of this phase, or 0 when not known.</param>
public readonly record struct OperationProgress(string Phase, long BytesDone, long BytesTotal);

/// <summary>Something a person should know that did not stop the operation.</summary>
/// <param name="Code">Stable code, listed in docs/errors.md.</param>
/// <param name="Message">What was found, with its path, and what to do about it.</param>
public sealed record OperationWarning(string Code, string Message);
