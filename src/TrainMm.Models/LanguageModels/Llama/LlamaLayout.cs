using TrainMm.Core.Weights;

namespace TrainMm.Models.LanguageModels.Llama;

/// <summary>Where the tensors of a LLaMA, or of another decoder with its names, are found in published checkpoints.</summary>
internal static class LlamaLayout
{
    /// <summary>The known layouts, in order of preference.</summary>
    /// <param name="tied">Whether the head is the embedding table; a head that such a checkpoint holds all the same is the table once more.</param>
    public static IReadOnlyList<KeyMap> For(bool tied) => LanguageModelLayout.For("model.", "lm_head.", tied, ".rotary_emb.inv_freq"); // rotary tables that old versions saved
}
