using System.Runtime.CompilerServices;
using Xunit;

namespace Segvault.Testing;

/// <summary>A test that makes symbolic links.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class SymbolicLinkFactAttribute : FactAttribute
{
    public SymbolicLinkFactAttribute([CallerFilePath] string? sourceFilePath = null, [CallerLineNumber] int sourceLineNumber = -1)
        : base(sourceFilePath, sourceLineNumber)
    {
        Skip = "Symbolic links cannot be made here: on Windows they need a privilege, and Wine does not make them.";
        SkipType = typeof(TestMachine);
        SkipUnless = nameof(TestMachine.MakesSymbolicLinks);
    }
}
