using TrainMm.Core.Config;
using TrainMm.Models.InputProjectors.QFormer;

namespace TrainMm.Models.InputProjectors.PFormer;

/// <summary>The sizes of a P-Former: a BERT's, and the prompts that it makes.</summary>
public sealed record PFormerArchitecture : BertArchitecture
{
    /// <summary>Q, the prompts of a text: as many as the Q-Former that learns from them has queries.</summary>
    [AtLeast(1)]
    public int NumPrompts { get; init; } = 32;
}
