namespace Segvault.Storage.Conformance;

/// <summary>A store did what it must not do. Never leaves the conformance suite: it becomes a problem in the report.</summary>
internal sealed class BrokenRuleException(string problem) : Exception(problem);
