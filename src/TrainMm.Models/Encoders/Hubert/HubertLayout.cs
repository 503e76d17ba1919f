using TrainMm.Core.Weights;

namespace TrainMm.Models.Encoders.Hubert;

/// <summary>Where a HuBERT's tensors are found in published checkpoints.</summary>
internal static class HubertLayout
{
    private const string Position = "encoder.pos_conv_embed.conv.";

    private static readonly (string Name, string Prefix)[] Homes = [("HubertModel", ""), ("HubertForCTC", "hubert.")];

    /// <summary>The known layouts; heads, and the vector that pre-training puts in the place of hidden frames, are left aside.</summary>
    public static KeyMap[] All { get; } = [.. Homes.Select(home => new KeyMap(home.Name, [.. Rules(home.Prefix)], ["masked_spec_embed"]))];

    private static IEnumerable<PrefixRule> Rules(string prefix)
    {
        foreach (var head in (string[])["lm_head.", "projector.", "classifier."]) yield return new(head, null);
        // What newer versions of PyTorch call the two halves of a weight norm.
        yield return new($"{prefix}{Position}parametrizations.weight.original0", $"{Position}weight_g");
        yield return new($"{prefix}{Position}parametrizations.weight.original1", $"{Position}weight_v");
        yield return new(prefix, "");
    }
}
