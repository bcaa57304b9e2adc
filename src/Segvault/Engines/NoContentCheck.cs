using System.Collections.Immutable;

namespace Segvault.Engines;

/// <summary>For files of which the engine knows nothing.</summary>
internal sealed class NoContentCheck : ContentCheck
{
    public override ImmutableArray<byte> Footer => [];

    public override void Append(ReadOnlySpan<byte> bytes)
    {
    }

    public override string? Complete() => null;
}
