using System.Runtime.CompilerServices;
using Segvault.Engines;
using Segvault.Testing;
using Xunit;

namespace Segvault.Tests.Documentation;

/// <summary>The C# in the README is this code, which runs; only the paths differ.</summary>
public sealed class ReadmeExampleTests : IDisposable
{
    private readonly TempDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task The_example_backs_up_and_restores()
    {
        var repositoryPath = _directory.Combine("repository");
        var indexPath = TantivyFiles.Create(_directory.CreateDirectory("index")).Directory;
        var targetPath = _directory.Combine("restored");

#pragma warning disable xUnit1051 // The README's lines stand here as they are.
        // begin repository
        await using var repository = await BackupRepository.CreateAsync(repositoryPath);   // or OpenAsync
        var backups = new BackupManager(repository);

        BackupResult taken = await backups.CreateBackupAsync(IndexSource.Open(indexPath));
        Console.WriteLine($"{taken.Backup.Id}: {taken.Backup.Documents} documents, {taken.BytesStored} bytes stored");

        await foreach (BackupSummary backup in backups.ListBackupsAsync())
            Console.WriteLine($"{backup.Time:u} {backup.Name} {backup.Type} {backup.Documents}");

        await backups.RestoreBackupAsync(taken.Backup.Id, targetPath);
        // end
#pragma warning restore xUnit1051
        var inspection = await IndexEngines.Get("tantivy").InspectAsync(targetPath, readContent: true, null, TestContext.Current.CancellationToken);
        Assert.Empty(inspection.Problems);
        Assert.Equal(taken.Backup.Documents, inspection.Documents);
    }

    [Fact]
    public async Task The_example_makes_and_restores_an_archive()
    {
        var archivesPath = _directory.Combine("archives");
        var indexPath = TantivyFiles.Create(_directory.CreateDirectory("index")).Directory;
        var targetPath = _directory.Combine("restored");

#pragma warning disable xUnit1051 // The README's lines stand here as they are.
        // begin archives
        var archives = new BackupManager(ArchiveDirectory.Open(archivesPath));

        BackupResult made = await archives.CreateBackupAsync(IndexSource.Open(indexPath), new() { Type = BackupType.Full });
        Console.WriteLine($"{made.Backup.Archive}: {made.Backup.Documents} documents, {made.BytesStored} bytes");

        await archives.RestoreBackupAsync(made.Backup.Archive!, targetPath);
        // end
#pragma warning restore xUnit1051
        var inspection = await IndexEngines.Get("tantivy").InspectAsync(targetPath, readContent: true, null, TestContext.Current.CancellationToken);
        Assert.Empty(inspection.Problems);
        Assert.Equal(made.Backup.Documents, inspection.Documents);
    }

    [Theory]
    [InlineData("README.md", "repository", "## From C#")]
    [InlineData("README.md", "archives", "## One file to carry away")]
    [InlineData("src/Segvault/README.md", "repository", "# Segvault")]
    public void The_README_has_the_same_lines(string path, string example, string heading)
    {
        var source = File.ReadAllLines(ThisFile()).SkipWhile(line => line.Trim() != $"// begin {example}").Skip(1).TakeWhile(line => line.Trim() != "// end")
            .Select(line => line.TrimStart()
                .Replace("repositoryPath", "\"/var/backups/search\"", StringComparison.Ordinal)
                .Replace("archivesPath", "\"/mnt/usb\"", StringComparison.Ordinal)
                .Replace("indexPath", "\"/srv/products/index\"", StringComparison.Ordinal)
                .Replace("targetPath", "\"/srv/restored/index\"", StringComparison.Ordinal));
        var readme = CodeBlocks.Read(path, heading, "csharp").Split('\n')
            .SkipWhile(line => line.StartsWith("using Segvault", StringComparison.Ordinal) || line.Length == 0)
            .Select(line => line.TrimStart());
        Assert.Equal(source, readme);
    }

    private static string ThisFile([CallerFilePath] string path = "")
    {
        // A deterministic build maps the source's root to "/_/".
        return path.StartsWith("/_/", StringComparison.Ordinal) ? RepositoryRoot.Combine(path[3..]) : path;
    }
}
