using TrainMm.Core.Weights;

namespace TrainMm.Models.LanguageModels;

/// <summary>Where a language model's tensors are found in published checkpoints: its own, and those of LLaVAs that were made with it.</summary>
internal static class LanguageModelLayout
{
    /// <summary>The known layouts, in order of preference.</summary>
    /// <param name="root">The decoder's place, with a dot behind it.</param>
    /// <param name="head">The head's place, with a dot behind it.</param>
    /// <param name="tied">Whether the head is the embedding table; a head that such a checkpoint holds all the same is the table once more.</param>
    /// <param name="tables">Ends of names that old versions saved and that are no parameters.</param>
    public static IReadOnlyList<KeyMap> For(string root, string head, bool tied, params IReadOnlyList<string> tables)
    {
        var kept = tied ? null : head;
        return
        [
            new("LlavaForConditionalGeneration", [new($"language_model.{head}", kept), new("language_model.", ""), new("", null)], tables),
            new("LlavaForConditionalGeneration since transformers 4.52", [new("model.language_model.", root), new("lm_head.", kept), new("", null)], tables),
            new("LlavaLlamaForCausalLM", [new("model.mm_projector.", null), new("model.vision_tower.", null), new(root, root), new(head, kept), new("", "")], tables),
        ];
    }

    /// <summary>The layout of a checkpoint that was saved without its head, and so without the decoder's place before each name.</summary>
    /// <param name="root">The decoder's place, with a dot behind it.</param>
    /// <param name="official">What stands there instead.</param>
    /// <param name="tables">Ends of names that are no parameters.</param>
    public static KeyMap WithoutHead(string root, string official, params IReadOnlyList<string> tables) => new("the decoder alone", [new("lm_head.", null), new(official, root)], tables);
}
