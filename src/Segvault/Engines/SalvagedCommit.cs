using System.Collections.Immutable;

namespace Segvault.Engines;

/// <summary>The commit of what is left of a partly lost backup.</summary>
/// <param name="Commit">What the new commit file says.</param>
/// <param name="LostSegments">The segments that it does not name any more, in the old one's order.</param>
/// <param name="Files">The new commit file, and whatever else is written beside the files that are whole.</param>
public sealed record SalvagedCommit(IndexCommit Commit, ImmutableArray<string> LostSegments, ImmutableArray<GeneratedFile> Files);
