namespace TrainMm.Cli.Machine;

/// <summary>How a finding about the machine is to be taken.</summary>
public enum Verdict
{
    /// <summary>As it should be.</summary>
    Good,

    /// <summary>It works, but something should be done.</summary>
    Poor,

    /// <summary>Nothing can be trained like this.</summary>
    Broken,
}

/// <summary>One line of <c>trainmm doctor</c>.</summary>
/// <param name="Verdict">How it is to be taken.</param>
/// <param name="Subject">What was looked at.</param>
/// <param name="Text">What was found.</param>
/// <param name="Advice">What to do about it; null where it is good.</param>
public sealed record Finding(Verdict Verdict, string Subject, string Text, string? Advice = null);
