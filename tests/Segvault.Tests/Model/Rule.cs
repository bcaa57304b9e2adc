namespace Segvault.Tests.Model;

/// <summary>A rule that a search can go without, to see that it is needed.</summary>
public enum Rule
{
    /// <summary>Every rule holds.</summary>
    None,
    AddIsCheckedAgainstErasures,
    AddIsCheckedAgainstTheWholePrefix,
    NewPacksAreCheckedToo,
    UndeleteIsChecked,
    EraseIsValidAtItsNumberOnly,
    CondemnedPacksAreNotReused,
    NamesAreNotReused,
    GivingUpTakesTheNumber,
    LostRepliesAreResolved,
    CheckpointsKeepErasedNames,
    CollectorsTrustNoCheckpoint,
    TheChainHasNoHoles,
    DeletingLooksAgain,
    ResumedPacksAreChecked,
    NothingIsCollectedBeforeRecovery,
    LostBackupsAreAddedAgain,
    CondemnedCountsAsErasedAfterALoss,
    UnchangedIsAnsweredAtTheTip,
}
