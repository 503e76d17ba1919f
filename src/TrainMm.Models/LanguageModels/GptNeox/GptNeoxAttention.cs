using TrainMm.Core.Roles;
using TrainMm.Models.Layers;
using static TorchSharp.torch;

namespace TrainMm.Models.LanguageModels.GptNeox;

/// <summary>Causal self-attention whose projection holds each head's query, key and value side by side; a part of each head turns.</summary>
internal sealed class GptNeoxAttention : DecoderAttention
{
    private readonly int heads;
    private readonly int width;
    private readonly LinearLayer joined;
    private readonly LinearLayer output;

    public GptNeoxAttention(int layer, GptNeoxArchitecture sizes, ModuleScope scope)
        : base(nameof(GptNeoxAttention), layer, sizes.HiddenSize, sizes.NumAttentionHeads)
    {
        heads = sizes.NumAttentionHeads;
        width = sizes.HeadWidth;
        joined = Add("query_key_value", scope.Child("query_key_value").Linear(sizes.HiddenSize, 3 * sizes.HiddenSize, sizes.AttentionBias));
        output = Add("dense", scope.Child("dense").Linear(sizes.HiddenSize, sizes.HiddenSize, sizes.AttentionBias));
    }

    /// <inheritdoc/>
    public override Tensor Forward(Tensor x, DecoderPass pass, bool onlyWanted)
    {
        using var scope = NewDisposeScope();
        var all = Attention.Split(joined.Forward(x, pass.MediaRows), heads);    // [B, heads, T, 3 d]
        var q = pass.Rotary.Turn(all.narrow(-1, 0, width));                     // [B, heads, T, d]
        var k = pass.Rotary.Turn(all.narrow(-1, width, width));                 // [B, heads, T, d]
        var v = all.narrow(-1, 2 * width, width);                               // [B, heads, T, d]
        return Mix(q, k, v, output, pass, onlyWanted).MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    protected override (Tensor Keys, Tensor Values) Remember(Tensor outside)
    {
        var all = Attention.Split(joined.Forward(outside), heads);              // [B, heads, K, 3 d]
        return (all.narrow(-1, width, width), all.narrow(-1, 2 * width, width));
    }
}
