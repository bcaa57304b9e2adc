using System.Runtime.CompilerServices;
using Xunit;

namespace Segvault.Testing;

/// <summary>A theory about what only Linux has, or that uses commands of Linux; the reason says what.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class LinuxTheoryAttribute : TheoryAttribute
{
    public LinuxTheoryAttribute(string reason, [CallerFilePath] string? sourceFilePath = null, [CallerLineNumber] int sourceLineNumber = -1)
        : base(sourceFilePath, sourceLineNumber)
    {
        Skip = reason;
        SkipType = typeof(TestMachine);
        SkipUnless = nameof(TestMachine.IsLinux);
    }
}
