namespace Segvault.Testing.PowerLoss;

/// <summary>
/// A file system of which a power cut takes everything that was not flushed, and may leave any part of that. To flush a file keeps its bytes and not
/// its name; to flush a directory keeps the names in it. Nothing is ordered but by a flush.
/// </summary>
internal sealed class ModelDisk
{
    private readonly ModelDirectory _root = new();
    private readonly List<NameChange> _changes = [];

    public ModelDirectory Root => _root;

    /// <summary>Changes of names that a power cut may take, in their order.</summary>
    public IReadOnlyList<NameChange> Changes => _changes;

    /// <summary>A disk with what is in a directory, all of it flushed long ago.</summary>
    public static ModelDisk Of(string directory)
    {
        var disk = new ModelDisk();
        Load(new DirectoryInfo(directory), disk._root);
        return disk;
    }

    public void Apply(FileOperation operation)
    {
        switch (operation)
        {
            case CreateFile create:
                Change(Effect(create.Path, new ModelFile()));
                break;
            case MakeDirectory make:
                Change(Effect(make.Path, new ModelDirectory()));
                break;
            case WriteBytes write:
                var written = (ModelFile)Find(write.Path);
                written.Content = written.Content.Write(write.Offset, write.Bytes);
                break;
            case Truncate truncate:
                var resized = (ModelFile)Find(truncate.Path);
                resized.Content = resized.Content.Resize(truncate.Length);
                break;
            case Flush flush:
                Keep(Find(flush.Path));
                break;
            case Rename rename:
                var moved = Find(rename.From);
                Change(Effect(rename.To, moved), Effect(rename.From, null));
                break;
            case Exchange exchange:
                var (first, second) = (Find(exchange.First), Find(exchange.Second));
                Change(Effect(exchange.First, second), Effect(exchange.Second, first));
                break;
            case Link link:
                Change(Effect(link.Name, Find(link.Existing)));
                break;
            case Remove remove:
                Change(Effect(remove.Path, null));
                break;
            case Reported:
                break;
            default:
                throw new NotSupportedException(operation.ToString());
        }
    }

    /// <summary>True when there is something of that name, as programs see it.</summary>
    public bool Exists(string path) => Directory(path).Entries.ContainsKey(Path.GetFileName(path));

    private void Keep(ModelNode node)
    {
        if (node is ModelFile file)
        {
            file.Durable = file.Content;
            return;
        }

        foreach (var change in _changes)
            change.Flush((ModelDirectory)node);
        _changes.RemoveAll(change => change.Effects.Count == 0);
    }

    private void Change(params NameEffect[] effects)
    {
        foreach (var effect in effects)
            effect.ApplyTo(effect.Directory.Entries);
        _changes.Add(new NameChange(effects));
    }

    private NameEffect Effect(string path, ModelNode? after)
    {
        var directory = Directory(path);
        var name = Path.GetFileName(path);
        return new NameEffect(directory, name, directory.Entries.GetValueOrDefault(name), after);
    }

    private ModelNode Find(string path) => path.Length == 0 ? _root : Directory(path).Entries[Path.GetFileName(path)];

    private ModelDirectory Directory(string path) => (ModelDirectory)Find(Path.GetDirectoryName(path)!);

    private static void Load(DirectoryInfo from, ModelDirectory into)
    {
        foreach (var entry in from.EnumerateFileSystemInfos())
        {
            ModelNode node;
            if (entry is DirectoryInfo directory)
            {
                var child = new ModelDirectory();
                Load(directory, child);
                node = child;
            }
            else
            {
                var content = new FileBytes(File.ReadAllBytes(entry.FullName));
                node = new ModelFile { Content = content, Durable = content };
            }

            into.Entries[entry.Name] = into.Durable[entry.Name] = node;
        }
    }
}
