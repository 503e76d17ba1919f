using TrainMm.Core.Weights;

namespace TrainMm.Models.LanguageModels.Opt;

/// <summary>Where an OPT's tensors are found in published checkpoints. Some were saved without head.</summary>
internal static class OptLayout
{
    /// <summary>The known layouts, in order of preference.</summary>
    public static IReadOnlyList<KeyMap> For(bool tied) => [.. LanguageModelLayout.For("model.", "lm_head.", tied), LanguageModelLayout.WithoutHead("model.decoder.", "decoder.")];
}
