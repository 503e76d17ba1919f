using TrainMm.Core.Weights;

namespace TrainMm.Models.LanguageModels.Gpt2;

/// <summary>Where a GPT-2's tensors are found in published checkpoints. The first ones were saved without head, and with the causal mask.</summary>
internal static class Gpt2Layout
{
    private const string Root = "transformer.";

    private static readonly string[] Masks = [".attn.bias", ".attn.masked_bias"];

    /// <summary>The known layouts, in order of preference.</summary>
    public static IReadOnlyList<KeyMap> For(bool tied) => [.. LanguageModelLayout.For(Root, "lm_head.", tied, Masks), WithoutHead(Root)];

    /// <summary>The layout of <c>GPT2Model</c>, the decoder alone.</summary>
    /// <param name="root">The decoder's place, with a dot behind it.</param>
    public static KeyMap WithoutHead(string root) => LanguageModelLayout.WithoutHead(root, "", Masks);
}
