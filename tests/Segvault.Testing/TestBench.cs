using Xunit.v3;

namespace Segvault.Testing;

/// <summary>What a test needs from the machine. A developer's machine may lack it, and the test says so; the build server may not.</summary>
internal static class TestBench
{
    /// <summary>Skips the running test with this reason, or fails it where CI is true: there, nothing may be left out quietly.</summary>
    public static void Require(bool condition, string reason)
    {
        if (condition) return;
        bool isBuildServer = string.Equals(Environment.GetEnvironmentVariable("CI"), "true", StringComparison.OrdinalIgnoreCase);
        throw new InvalidOperationException(isBuildServer ? reason : DynamicSkipToken.Value + reason);
    }

    /// <summary>True where time does not matter: <c>./test --thorough</c>.</summary>
    public static bool IsThorough { get; } = Environment.GetEnvironmentVariable("SEGVAULT_THOROUGH") == "1";

    /// <summary>How often a loop runs: a few times usually, many times where time does not matter.</summary>
    public static int Rounds(int usual, int thorough) => IsThorough ? thorough : usual;

    /// <summary>The absolute path of a program on PATH, or null.</summary>
    public static string? FindProgram(string name) => (Environment.GetEnvironmentVariable("PATH") ?? string.Empty)
        .Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries)
        .Select(directory => Path.Combine(directory, OperatingSystem.IsWindows() ? name + ".exe" : name))
        .FirstOrDefault(File.Exists);
}
