using Segvault.Cli.Output;

namespace Segvault.Cli.Reports;

internal sealed record InitLine(string Repository, bool Created) : SummaryLine("init")
{
    public void Write(HumanWriter people) =>
        people.Say(Created
            ? $"Made a repository in {Repository}. Back up an index with: segvault backup INDEX -r {Repository}"
            : $"There is a repository in {Repository} already: nothing to do.");
}
