namespace Segvault.Engines;

/// <summary>The engines known here.</summary>
public static class IndexEngines
{
    /// <summary>Every engine, in the order in which a directory is offered to them.</summary>
    public static IReadOnlyList<IndexEngine> All { get; } = [new Tantivy.TantivyEngine()];

    /// <summary>Finds an engine by its name.</summary>
    /// <exception cref="ArgumentException">There is none of that name.</exception>
    public static IndexEngine Get(string name) =>
        All.FirstOrDefault(engine => engine.Name == name)
        ?? throw new ArgumentException($"There is no engine '{name}'; there are: {string.Join(", ", All.Select(engine => engine.Name))}.", nameof(name));

    /// <summary>Finds the engine whose index a directory holds, whole or damaged; null when there is none.</summary>
    public static IndexEngine? Detect(string directory) =>
        All.FirstOrDefault(engine => engine.Recognise(directory) == IndexPresence.Present)
        ?? All.FirstOrDefault(engine => engine.Recognise(directory) == IndexPresence.Damaged);
}
