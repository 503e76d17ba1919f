using TrainMm.Core.Weights;

namespace TrainMm.Models.Encoders.Beats;

/// <summary>Where a BEATs' tensors are found in published checkpoints.</summary>
internal static class BeatsLayout
{
    private const string Position = "encoder.pos_conv.0.";

    private static readonly (string Name, string Prefix)[] Homes = [("BEATs", ""), ("BEATs within its training state", "model.")];

    /// <summary>The known layouts; the classifier is left aside, and of the layers' tables of relative positions, which are one, all but the first.</summary>
    public static KeyMap[] For(BeatsArchitecture sizes) => [.. Homes.Select(home => new KeyMap(home.Name, [.. Rules(home.Prefix, sizes)], []))];

    private static IEnumerable<PrefixRule> Rules(string prefix, BeatsArchitecture sizes)
    {
        for (var i = 1; i < sizes.EncoderLayers; i++) yield return new($"{prefix}encoder.layers.{i}.self_attn.relative_attention_bias.", null);
        yield return new($"{prefix}predictor.", null);
        yield return new($"{prefix}{Position}parametrizations.weight.original0", $"{Position}weight_g");
        yield return new($"{prefix}{Position}parametrizations.weight.original1", $"{Position}weight_v");
        yield return new(prefix, "");
    }
}
