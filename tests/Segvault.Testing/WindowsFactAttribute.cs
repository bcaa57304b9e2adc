using System.Runtime.CompilerServices;
using Xunit;

namespace Segvault.Testing;

/// <summary>A test of what only Windows does; the reason says what.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class WindowsFactAttribute : FactAttribute
{
    public WindowsFactAttribute(string reason, [CallerFilePath] string? sourceFilePath = null, [CallerLineNumber] int sourceLineNumber = -1)
        : base(sourceFilePath, sourceLineNumber)
    {
        Skip = reason;
        SkipType = typeof(TestMachine);
        SkipUnless = nameof(TestMachine.IsWindows);
    }
}
