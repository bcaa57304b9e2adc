using System.Runtime.CompilerServices;
using Xunit;

namespace Segvault.Testing;

/// <summary>A test of what only Linux has, or that uses commands of Linux; the reason says what.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class LinuxFactAttribute : FactAttribute
{
    public LinuxFactAttribute(string reason, [CallerFilePath] string? sourceFilePath = null, [CallerLineNumber] int sourceLineNumber = -1)
        : base(sourceFilePath, sourceLineNumber)
    {
        Skip = reason;
        SkipType = typeof(TestMachine);
        SkipUnless = nameof(TestMachine.IsLinux);
    }
}
