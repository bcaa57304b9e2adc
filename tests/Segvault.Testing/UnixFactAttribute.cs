using System.Runtime.CompilerServices;
using Xunit;

namespace Segvault.Testing;

/// <summary>A test of what Windows does not have, or does otherwise; the reason says what.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class UnixFactAttribute : FactAttribute
{
    public UnixFactAttribute(string reason, [CallerFilePath] string? sourceFilePath = null, [CallerLineNumber] int sourceLineNumber = -1)
        : base(sourceFilePath, sourceLineNumber)
    {
        Skip = reason;
        SkipType = typeof(TestMachine);
        SkipUnless = nameof(TestMachine.IsUnix);
    }
}
