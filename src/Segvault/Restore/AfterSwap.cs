namespace Segvault.Restore;

/// <summary>
/// What is done once the restored index is in place. From there on nothing is rolled back and nothing fails: what goes wrong is told.
/// </summary>
internal sealed class AfterSwap
{
    public List<OperationWarning> Warnings { get; } = [];

    /// <summary>Does one thing; <paramref name="consequence"/> says what it means if that fails, as the end of a sentence.</summary>
    public void Do(string consequence, Action action)
    {
        try
        {
            action();
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or SegvaultException)
        {
            Warnings.Add(new OperationWarning(ErrorCode.LeftoverFound, $"The index was replaced, but {consequence}: {exception.Message}"));
        }
    }
}
