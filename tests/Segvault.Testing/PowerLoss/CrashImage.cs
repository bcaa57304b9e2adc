using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Segvault.IO;

namespace Segvault.Testing.PowerLoss;

/// <summary>The files and directories that somebody finds after a power cut.</summary>
internal sealed class CrashImage
{
    private readonly Dictionary<ModelDirectory, Dictionary<string, ModelNode>> _entries = [];
    private readonly Dictionary<ModelFile, FileBytes> _contents = [];
    private readonly ModelDirectory _root;

    private CrashImage(ModelDirectory root) => _root = root;

    /// <summary>How it came to be, for messages.</summary>
    public required string Origin { get; init; }

    /// <summary>What had been reported as done by then.</summary>
    public required IReadOnlyList<string> Reported { get; init; }

    /// <summary>The same for two images that nobody can tell apart.</summary>
    public string Key { get; private set; } = "";

    public static CrashImage Take(ModelDisk disk, Loss loss, string origin, IReadOnlyList<string> reported)
    {
        var image = new CrashImage(disk.Root) { Origin = origin, Reported = reported };
        foreach (var effect in disk.Changes.Where(loss.Keeps).SelectMany(change => change.Effects))
            effect.ApplyTo(image.EntriesOf(effect.Directory));
        var listing = new StringBuilder().AppendJoin(',', reported).AppendLine();
        image.Describe(disk.Root, "", loss, listing);
        image.Key = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(listing.ToString())));
        return image;
    }

    /// <summary>Makes the files and directories; one file of two names is one file.</summary>
    public void Write(string directory) => Write(_root, directory, []);

    private Dictionary<string, ModelNode> EntriesOf(ModelDirectory directory)
    {
        if (!_entries.TryGetValue(directory, out var entries))
            _entries[directory] = entries = new Dictionary<string, ModelNode>(directory.Durable, StringComparer.Ordinal);
        return entries;
    }

    private void Describe(ModelDirectory directory, string path, Loss loss, StringBuilder listing)
    {
        foreach (var (name, node) in EntriesOf(directory).OrderBy(entry => entry.Key, StringComparer.Ordinal))
        {
            if (node is ModelFile file)
            {
                if (!_contents.TryGetValue(file, out var content))
                    _contents[file] = content = loss.Keep(file);
                listing.AppendLine(CultureInfo.InvariantCulture, $"{path}/{name} {content.Sha256}");
            }
            else
            {
                listing.AppendLine(CultureInfo.InvariantCulture, $"{path}/{name}/");
                Describe((ModelDirectory)node, $"{path}/{name}", loss, listing);
            }
        }
    }

    private void Write(ModelDirectory directory, string path, Dictionary<ModelFile, string> written)
    {
        Directory.CreateDirectory(path);
        foreach (var (name, node) in EntriesOf(directory))
        {
            var there = Path.Combine(path, name);
            if (node is ModelDirectory child)
                Write(child, there, written);
            else if (written.TryGetValue((ModelFile)node, out var existing))
                FileLinks.TryHardLink(existing, there);
            else
                File.WriteAllBytes(written[(ModelFile)node] = there, _contents[(ModelFile)node].Bytes);
        }
    }
}
