using System.Runtime.CompilerServices;
using PublicApiGenerator;
using Segvault.Testing;
using Xunit;

namespace Segvault.Tests.Api;

/// <summary>What users of the library can see changes only together with the file that shows it, and so in a review.</summary>
public sealed class PublicApiTests
{
    private const string Variable = "SEGVAULT_APPROVE_API";

    [Fact]
    public void The_public_API_is_the_approved_one()
    {
        var file = RepositoryRoot.Combine("tests", "Segvault.Tests", "Api", "Segvault.approved.txt");
        var options = new ApiGeneratorOptions
        {
            IncludeAssemblyAttributes = false,

            // How the compiler does it, with numbers that change when other members do.
            ExcludeAttributes = [typeof(AsyncIteratorStateMachineAttribute).FullName!, typeof(AsyncStateMachineAttribute).FullName!],
        };
        var actual = typeof(BackupManager).Assembly.GeneratePublicApi(options).ReplaceLineEndings("\n").TrimEnd() + "\n";
        if (Environment.GetEnvironmentVariable(Variable) == "1")
            File.WriteAllText(file, actual);

        var changes = LineChanges.Between(File.ReadAllLines(file), actual.TrimEnd('\n').Split('\n'));

        Assert.True(changes.Count == 0, $"""
            The public API of Segvault.dll is not the one in tests/Segvault.Tests/Api/Segvault.approved.txt ("-" gone, "+" new):
            {string.Join('\n', changes)}
            If that is meant, run eng/approve-api (or this test with {Variable}=1), and commit the file.
            """);
    }

    [Fact]
    public void A_change_is_shown_with_the_type_it_is_in() => Assert.Equal(
        ["  public class B", "-     void Old();", "+     void New();", "+     void Newer();"],
        LineChanges.Between(
            ["public class A", "    void Same();", "public class B", "    void First();", "    void Old();", "    void Last();"],
            ["public class A", "    void Same();", "public class B", "    void First();", "    void New();", "    void Newer();", "    void Last();"]));
}
