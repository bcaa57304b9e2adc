using System.Text.Json.Nodes;

namespace Segvault.Testing;

/// <summary>One commit of a <see cref="HotWriter"/>: its number (0 is the empty index) and the documents it held.</summary>
internal sealed record HotCommit(int Number, IndexState State, TimeSpan Duration);

/// <summary>Every commit of a <see cref="HotWriter"/>. No two hold the same documents, so a state names its commit.</summary>
internal sealed class HotWriterJournal
{
    private readonly Dictionary<IndexState, HotCommit> _byState;

    private HotWriterJournal(IReadOnlyList<HotCommit> commits, IndexState? unfinished, int failed)
    {
        Commits = commits;
        Unfinished = unfinished;
        Failed = failed;
        _byState = commits.ToDictionary(commit => commit.State);
    }

    /// <summary>The acknowledged commits, oldest first; the first is the empty index.</summary>
    public IReadOnlyList<HotCommit> Commits { get; }

    /// <summary>What a commit held that was begun and of which nothing more is known: its writer was killed, or is just at it.</summary>
    public IndexState? Unfinished { get; }

    /// <summary>Commits that Tantivy refused.</summary>
    public int Failed { get; }

    /// <summary>The one commit that held exactly these documents, or null.</summary>
    public HotCommit? Find(IndexState state) => _byState.GetValueOrDefault(state);

    public static HotWriterJournal Read(string path)
    {
        List<HotCommit> commits = [];
        IndexState? unfinished = null;
        int failed = 0;
        foreach (string line in CompleteLines(path))
        {
            JsonNode entry = JsonNode.Parse(line)!;
            IndexState state = IndexState.From(entry);
            string phase = (string)entry["phase"]!;
            unfinished = phase == "begin" ? state : null;
            if (phase == "done")
                commits.Add(new HotCommit((int)entry["attempt"]!, state, TimeSpan.FromMilliseconds((double)entry["ms"]!)));
            else if (phase == "failed")
                failed++;
        }
        return new HotWriterJournal(commits, unfinished, failed);
    }

    private static string[] CompleteLines(string path)
    {
        using StreamReader reader = new(new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete));
        string text = reader.ReadToEnd();
        // A writer that is still at work, or was killed, may have left half a line.
        int end = text.LastIndexOf('\n');
        return end < 0 ? [] : text[..end].Split('\n');
    }
}
