namespace Segvault.Repositories;

/// <summary>Consecutive chunks of one pack that hold consecutive bytes of one file.</summary>
/// <param name="Pack">Index into the manifest's table of packs.</param>
/// <param name="FirstChunk">Index of the first chunk in the pack's table.</param>
/// <param name="Count">Number of chunks.</param>
/// <param name="Length">Bytes of content that they hold together.</param>
internal readonly record struct ChunkRun(int Pack, int FirstChunk, int Count, long Length);

/// <summary>A pack that a manifest refers to.</summary>
/// <param name="Id">The pack's name.</param>
/// <param name="Length">Its size in the store, in bytes.</param>
/// <param name="Checksum">XXH3-128 of everything before the checksum, as the pack's trailer has it.</param>
internal readonly record struct PackReference(ObjectId Id, long Length, UInt128 Checksum);
