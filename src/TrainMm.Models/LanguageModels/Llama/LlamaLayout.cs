using TrainMm.Core.Weights;

namespace TrainMm.Models.LanguageModels.Llama;

/// <summary>Where a LLaMA's tensors are found in published checkpoints.</summary>
internal static class LlamaLayout
{
    /// <summary>Rotary tables that old versions saved.</summary>
    private static readonly string[] Tables = [".rotary_emb.inv_freq"];

    /// <summary>The known layouts, in order of preference.</summary>
    /// <param name="tied">Whether the head is the embedding table; a head that such a checkpoint holds all the same is the table once more.</param>
    public static KeyMap[] For(bool tied)
    {
        var head = tied ? null : "lm_head.";
        return
        [
            new("LlavaForConditionalGeneration", [new("language_model.lm_head.", head), new("language_model.", ""), new("", null)], Tables),
            new("LlavaForConditionalGeneration since transformers 4.52", [new("model.language_model.", "model."), new("lm_head.", head), new("", null)], Tables),
            new("LlavaLlamaForCausalLM", [new("model.mm_projector.", null), new("model.vision_tower.", null), new("model.", "model."), new("lm_head.", head), new("", "")], Tables),
        ];
    }
}
