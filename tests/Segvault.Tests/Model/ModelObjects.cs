using Segvault.Repositories;
using Segvault.Storage;
using Segvault.Testing.Stores;

namespace Segvault.Tests.Model;

/// <summary>A pack or a manifest, with what the product knows it by.</summary>
/// <param name="Number">Its bit in a set of objects.</param>
/// <param name="Owner">Who stored it.</param>
/// <param name="Label">What a trace calls it.</param>
/// <param name="Chunks">The chunks of a pack, a bit for each.</param>
/// <param name="Packs">The packs that a manifest needs.</param>
internal sealed record ModelObject(int Number, string Owner, string Label, int Chunks, UInt128 Packs)
{
    public const int Length = 100;

    public bool IsPack => Chunks != 0;

    public UInt128 Bit => UInt128.One << Number;

    /// <summary>Everything that a backup with this manifest needs.</summary>
    public UInt128 Needed => Packs | Bit;

    public ObjectId Id => new((UInt128)Number + 1);

    public BackupId Backup => new(Id.Value);

    public string Name => IsPack ? PackFormat.NameOf(Id) : ManifestStore.NameOf(Backup);

    public PackReference Reference => new(Id, Length, 0);

    public StoredObject Stored => new(Name, Length, DateTimeOffset.UnixEpoch);

    public AddBody Add => SampleBackup.Of(Backup.ToString()) with { ManifestLength = Length };
}

/// <summary>Every object that any history of a search has, each a bit in a set.</summary>
internal sealed class ModelObjects
{
    private readonly List<ModelObject> _all = [];
    private readonly Dictionary<(string Owner, int Attempt, int Chunks, UInt128 Packs), ModelObject> _known = [];
    private readonly Dictionary<string, ModelObject> _byName = new(StringComparer.Ordinal);

    public ModelObject this[int number] => _all[number];

    public ModelObject Pack(string owner, int attempt, int chunks) => Find(owner, attempt, chunks, 0, $"{owner}'s pack {attempt} of chunks {Digits(chunks)}");

    public ModelObject Manifest(string owner, int attempt, UInt128 packs) => Find(owner, attempt, 0, packs, $"{owner}'s manifest {attempt}");

    public ModelObject Named(string name) => _byName[name];

    public ModelObject Of(BackupId backup) => _all[(int)(backup.Value - 1)];

    public UInt128 SetOf(IEnumerable<string> names) => names.Aggregate(UInt128.Zero, (set, name) => set | _byName[name].Bit);

    public IEnumerable<ModelObject> In(UInt128 set)
    {
        for (; set != 0; set &= set - 1)
            yield return _all[(int)UInt128.TrailingZeroCount(set)];
    }

    public string Describe(UInt128 set) => string.Join(", ", In(set).Select(member => member.Label));

    private ModelObject Find(string owner, int attempt, int chunks, UInt128 packs, string label)
    {
        if (_known.TryGetValue((owner, attempt, chunks, packs), out var known))
            return known;
        if (_all.Count == 128)
            throw new InvalidOperationException("The scope has more objects than a set can hold.");
        var made = new ModelObject(_all.Count, owner, label, chunks, packs);
        _all.Add(made);
        _known.Add((owner, attempt, chunks, packs), made);
        _byName.Add(made.Name, made);
        return made;
    }

    private static string Digits(int chunks) => string.Concat(Enumerable.Range(0, 8).Where(bit => (chunks >> bit & 1) != 0).Select(bit => bit + 1));
}
