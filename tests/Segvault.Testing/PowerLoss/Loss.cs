namespace Segvault.Testing.PowerLoss;

/// <summary>What a power cut takes of what was not flushed.</summary>
internal sealed class Loss(string name, Func<NameChange, bool> keepsChange, Func<ModelFile, FileBytes> content)
{
    public string Name => name;

    /// <summary>Nothing survives that was not flushed.</summary>
    public static Loss Everything { get; } = new("everything", _ => false, file => file.Durable);

    /// <summary>Names survive and bytes do not, in all the forms that file systems have for that; and all of it survives, as when only the process is killed.</summary>
    public static IReadOnlyList<Loss> OfBytes { get; } =
    [
        new("empty files", _ => true, _ => FileBytes.Empty),
        new("zeros", _ => true, file => file.Content.Zeros),
        new("garbage", _ => true, file => file.Content.Garbage),
        new("half files", _ => true, file => file.Content.Half),
        new("nothing", _ => true, file => file.Content),
    ];

    /// <summary>The newest change of names survives alone, or it alone does not: what was done before and not flushed is no ground to stand on.</summary>
    public static IReadOnlyList<Loss> OfOrder(ModelDisk disk)
    {
        var newest = disk.Changes.Count == 0 ? null : disk.Changes[^1];
        return
        [
            new("all but the newest name", change => change == newest, file => file.Content),
            new("the newest name", change => change != newest, file => file.Content),
        ];
    }

    /// <summary>Any changes of names survive, in no order, and of each file any form.</summary>
    public static Loss Random(Random random)
    {
        var forms = OfBytes.Append(Everything).ToArray();
        return new Loss("any", _ => random.Next(2) == 0, file => forms[random.Next(forms.Length)].Keep(file));
    }

    /// <summary>Whether a change of names survives.</summary>
    public bool Keeps(NameChange change) => change.Effects.Count > 0 && keepsChange(change);

    /// <summary>What is in a file afterwards.</summary>
    public FileBytes Keep(ModelFile file) => file.Content == file.Durable ? file.Durable : content(file);
}
