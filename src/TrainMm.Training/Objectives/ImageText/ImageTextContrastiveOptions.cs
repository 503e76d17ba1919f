using TrainMm.Core.Config;
using TrainMm.Models.InputProjectors.QFormer.Pretraining;

namespace TrainMm.Training.Objectives.ImageText;

/// <summary>Each medium finds its text among the batch's, and each text its medium. A batch is compared as a whole.</summary>
public sealed class ImageTextContrastiveOptions : ImageTextOptions
{
    /// <summary>E, the width of the space in which media and texts are compared.</summary>
    [AtLeast(1)]
    public int Width { get; init; } = 256;

    /// <summary>ALBEF's momentum: averages of the parameters make the candidates, earlier batches' among them, and soften the targets. Null: the batch's own pairs alone, as BLIP-2 has it.</summary>
    public MomentumOptions? Momentum { get; init; }
}
