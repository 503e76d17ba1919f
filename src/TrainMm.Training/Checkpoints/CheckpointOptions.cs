using TrainMm.Core.Config;

namespace TrainMm.Training.Checkpoints;

/// <summary>When checkpoints are written and how many are kept.</summary>
public sealed class CheckpointOptions
{
    /// <summary>Steps between checkpoints; 0 writes one at the end only (and when the run is interrupted).</summary>
    [AtLeast(0)]
    public long EverySteps { get; init; } = 500;

    /// <summary>How many of the newest checkpoints are kept. The one of the lowest held-out loss is kept beside them.</summary>
    [AtLeast(1)]
    public int KeepLast { get; init; } = 2;

    /// <summary>Checkpoints of steps that are multiples of this are kept for good; 0: none is.</summary>
    [AtLeast(0)]
    public long KeepEvery { get; init; }

    /// <summary>Writes a checkpoint beside the next steps, from a copy of what it holds in the machine's memory. false: training waits, and no copy is made.</summary>
    public bool Background { get; init; } = true;
}
