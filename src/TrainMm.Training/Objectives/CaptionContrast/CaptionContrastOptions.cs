using TrainMm.Core.Config;

namespace TrainMm.Training.Objectives.CaptionContrast;

/// <summary>
/// A generator's text encoder learns to say of captions what a frozen CLIP sees in their pictures: each picture finds its caption among the batch's, and each caption its picture.
/// For a run without a language model that trains <c>image.generator.text_encoder</c>. A batch is compared as a whole.
/// </summary>
public sealed class CaptionContrastOptions : ObjectiveOptions
{
    /// <summary>The folder of the CLIP that sees the pictures, its projection included.</summary>
    [PathValue(PathRule.ExistingFolder)]
    public required string Vision { get; init; }
}
