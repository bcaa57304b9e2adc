using System.Text;

namespace Segvault.Repositories;

/// <summary>The text that tells whoever finds a repository, years later, what it is.</summary>
internal static class RepositoryReadme
{
    public const string FileName = "README.txt";

    public static async Task WriteAsync(string directory, CancellationToken cancellationToken)
    {
        var path = Path.Combine(directory, FileName);
        if (File.Exists(path))
            return;
        var options = new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        var file = new FileStream(path, options);
        await using (file.ConfigureAwait(false))
            await file.WriteAsync(Encoding.UTF8.GetBytes(Text), cancellationToken).ConfigureAwait(false);
    }

    private const string Text = """
        This directory is a Segvault repository: backups of search indexes.

        Nothing in here may be changed, renamed or deleted by hand. It may be copied as a whole,
        to any place and at any time: the copy is a repository too.

          segvault.json   makes this directory a repository; says its format
          log/            which backups exist, entry by entry
          backups/        one manifest a backup: its files, their SHA-256, where their bytes are
          packs/          the bytes, in compressed chunks
          tmp/            unfinished writes; what lies here when nothing runs may be deleted

        To restore with Segvault:

          segvault list -r THIS_DIRECTORY
          segvault restore BACKUP TARGET -r THIS_DIRECTORY

        To restore without Segvault: every manifest and every pack describes itself. A manifest is
        a header of 96 bytes and a zstd-compressed JSON document (then 32 bytes of SHA-256). For each
        file it lists runs of chunks: pack, first chunk, number of chunks, length. A pack ends in a
        trailer of 64 bytes (bytes 8-15: where its table starts, 24-27: how many chunks); each table
        entry has 32 bytes: encoding (0 raw, 1 zstd), at 8 the offset, at 16 the stored length, at 20
        the plain length. All numbers are little-endian. Decode the chunks, put them one after
        another, compare with the file's SHA-256. For a Tantivy index write .managed.json too: a JSON
        array of all file names in the directory that do not begin with a dot.
        The Segvault project keeps a script of some 200 lines of Python that does this
        (docs/restore.py), and the whole format in docs/format.md.
        """ + "\n";
}
