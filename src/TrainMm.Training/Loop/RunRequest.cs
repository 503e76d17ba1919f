using TrainMm.Training.Stages;

namespace TrainMm.Training.Loop;

/// <summary>What a run does with checkpoints that its directory already holds.</summary>
public enum ResumeMode
{
    /// <summary>Goes on from the newest checkpoint that verifies; starts anew where there is none.</summary>
    Auto,

    /// <summary>Starts anew, and refuses a directory that holds checkpoints.</summary>
    Never,
}

/// <summary>One command's worth of training.</summary>
public sealed record RunRequest
{
    /// <summary>The typed configuration.</summary>
    public required RunOptions Options { get; init; }

    /// <summary>Which stage.</summary>
    public required StageKind Stage { get; init; }

    /// <summary>The run directory; made where it does not exist.</summary>
    public required string RunDirectory { get; init; }

    /// <summary>What to do with checkpoints that are there.</summary>
    public ResumeMode Resume { get; init; } = ResumeMode.Auto;

    /// <summary>Configuration keys (<c>train.max_steps</c>) that may differ from those the checkpoint was made with.</summary>
    public IReadOnlyList<string> AllowedChanges { get; init; } = [];
}
