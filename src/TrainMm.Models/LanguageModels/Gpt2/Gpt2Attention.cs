using TrainMm.Core.Roles;
using TrainMm.Models.Layers;
using static TorchSharp.torch;

namespace TrainMm.Models.LanguageModels.Gpt2;

/// <summary>Causal self-attention whose queries, keys and values come from one projection, one after the other.</summary>
internal sealed class Gpt2Attention : DecoderAttention
{
    private readonly int heads;
    private readonly int width;
    private readonly double scale;
    private readonly LinearLayer joined;
    private readonly LinearLayer output;

    public Gpt2Attention(int layer, Gpt2Architecture sizes, ModuleScope scope)
        : base(nameof(Gpt2Attention), layer, sizes.NEmbd, sizes.NHead)
    {
        heads = sizes.NHead;
        width = sizes.NEmbd;
        // The attention divides by √d itself: this is what the queries are multiplied by beside that.
        scale = (sizes.ScaleAttnWeights ? 1 : Math.Sqrt(width / heads)) / (sizes.ScaleAttnByInverseLayerIdx ? layer + 1 : 1);
        joined = Add("c_attn", scope.Child("c_attn").Linear(width, 3 * width, bias: true, isTransposed: true));
        output = Add("c_proj", scope.Child("c_proj").Linear(width, width, bias: true, isTransposed: true));
    }

    /// <inheritdoc/>
    public override Tensor Forward(Tensor x, DecoderPass pass, bool onlyWanted)
    {
        using var scope = NewDisposeScope();
        var all = joined.Forward(x, pass.MediaRows);                             // [B, T, 3 D]
        var q = Attention.Split(all.narrow(-1, 0, width), heads);               // [B, heads, T, d]
        var k = Attention.Split(all.narrow(-1, width, width), heads);           // [B, heads, T, d]
        var v = Attention.Split(all.narrow(-1, 2 * width, width), heads);       // [B, heads, T, d]
        return Mix(scale == 1 ? q : q.mul(scale), k, v, output, pass, onlyWanted).MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    protected override (Tensor Keys, Tensor Values) Remember(Tensor outside)
    {
        var all = joined.Forward(outside);                                       // [B, K, 3 D]
        return (Attention.Split(all.narrow(-1, width, width), heads), Attention.Split(all.narrow(-1, 2 * width, width), heads));
    }
}
