namespace Segvault.Testing.PowerLoss;

/// <summary>What a change does to one name: it led to one thing and leads to another, or to nothing.</summary>
internal sealed record NameEffect(ModelDirectory Directory, string Name, ModelNode? Before, ModelNode? After)
{
    public void ApplyTo(Dictionary<string, ModelNode> entries)
    {
        if (After is not null)
            entries[Name] = After;
        else if (entries.TryGetValue(Name, out var there) && there == Before)
            entries.Remove(Name);
    }
}

/// <summary>
/// A change of names that is not flushed yet: a power cut takes all of it or nothing. Of a rename the first effect is the new name, the second the
/// loss of the old one.
/// </summary>
internal sealed class NameChange(params NameEffect[] effects)
{
    /// <summary>What is not on the device yet.</summary>
    public IReadOnlyList<NameEffect> Effects { get; private set; } = effects;

    /// <summary>
    /// Flushes a directory. A file that was moved into it is there for good, while its old name, in another directory, may come back. One that was
    /// moved out of it is where it was or where it went: no file system loses it.
    /// </summary>
    public void Flush(ModelDirectory directory)
    {
        if (Effects[0].Directory != directory)
            return;
        var settled = Effects.TakeWhile(effect => effect.Directory == directory || effect.Before is ModelDirectory).ToList();
        foreach (var effect in settled)
            effect.ApplyTo(effect.Directory.Durable);
        Effects = [.. Effects.Skip(settled.Count)];
    }
}
