namespace Segvault.Storage.Conformance;

/// <summary>One thing that is asked of every store.</summary>
/// <param name="Name">What the check is called in reports.</param>
/// <param name="Rule">What must hold, as a sentence.</param>
/// <param name="RunAsync">Tries it out; throws when it does not hold.</param>
internal sealed record StoreCheck(string Name, string Rule, Func<StoreRoom, Task> RunAsync)
{
    /// <summary>Every check, the most important first.</summary>
    public static IReadOnlyList<StoreCheck> All { get; } =
    [
        new("one-winner", "Of eight writers of one name exactly one wins, and its bytes are there.", RaceChecks.OneWinnerAsync),
        new("never-overwritten", "An object is never overwritten, not even with nothing.", RaceChecks.NeverOverwrittenAsync),
        new("whole-or-absent", "Whoever reads while others write sees whole objects or none.", RaceChecks.WholeOrAbsentAsync),
        new("invisible-until-complete", "Nothing is visible before its upload is complete.", UploadChecks.InvisibleUntilCompleteAsync),
        new("discarded-upload", "An upload that is not completed leaves nothing, and its name is free.", UploadChecks.DiscardedAsync),
        new("cancelled-write", "A write that is cancelled leaves nothing, and its name is free.", UploadChecks.CancelledWriteAsync),
        new("cancelled-completion", "After a completion that was cancelled the object is there whole or not at all.", UploadChecks.CancelledCompletionAsync),
        new("reused-buffer", "Once bytes are written their buffer may be used for others.", UploadChecks.ReusedBufferAsync),
        new("read-after-write", "What was written is there at once, whichever way one looks.", ReadingChecks.ReadAfterWriteAsync),
        new("read-after-delete", "What was deleted is gone at once, whichever way one looks.", ReadingChecks.ReadAfterDeleteAsync),
        new("ranges", "Any part of an object can be read, up to its end and not beyond.", ReadingChecks.RangesAsync),
        new("empty-object", "An empty object is told from an absent one.", ReadingChecks.EmptyObjectAsync),
        new("absent-object", "An absent object is no failure to read, and nothing to delete.", ReadingChecks.AbsentObjectAsync),
        new("large-object", "A large object keeps every byte, and of two writers of it one wins.", LargeObjectChecks.RunAsync),
        new("listing", "A listing has every object below its prefix once, with its length, and no other.", ListingChecks.CompleteAsync),
        new("listing-meanwhile", "A listing has everything that stays while others come and go.", ListingChecks.MeanwhileAsync),
        new("names", "Every legal name, up to the longest, is that of an object of its own.", NameChecks.LegalAsync),
        new("illegal-names", "A name that is none is refused.", NameChecks.IllegalAsync),
        new("adoption", "What another client completed can be adopted and made to last; what is absent cannot.", ClientChecks.AdoptionAsync),
        new("two-clients", "Two clients of one place see the same.", ClientChecks.TwoClientsAsync),
    ];
}
