using TrainMm.Core.Config;

namespace TrainMm.Models.InputProjectors.QFormer.Pretraining;

/// <summary>Averages of the trained parameters that make candidates and targets (ALBEF, arXiv:2107.07651, section 3).</summary>
public sealed class MomentumOptions
{
    /// <summary>How much of an average stays in each step.</summary>
    [Range(0, 1, ExcludesMaximum = true)]
    public double Rate { get; init; } = 0.995;

    /// <summary>Pairs of earlier batches to compare with; each takes (queries + 1) · width · 4 bytes. ALBEF's 65,536 have 2.1 GiB with 32 queries of width 256. 0: the batch's own alone.</summary>
    [AtLeast(0)]
    public int Queue { get; init; } = 65536;

    /// <summary>The part of each target that the averages give; the rest is the pair's own.</summary>
    [Range(0, 1)]
    public double Distillation { get; init; } = 0.4;

    /// <summary>Steps over which that part grows from 0; ALBEF's first epoch.</summary>
    [AtLeast(0)]
    public long WarmupSteps { get; init; }
}
