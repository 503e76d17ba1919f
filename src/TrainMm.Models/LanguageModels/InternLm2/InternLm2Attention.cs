using TrainMm.Core.Roles;
using TrainMm.Models.LanguageModels.Llama;
using TrainMm.Models.Layers;
using static TorchSharp.torch;

namespace TrainMm.Models.LanguageModels.InternLm2;

/// <summary>Causal self-attention whose projection holds, for each key head, the queries of its group, then its key, then its value.</summary>
internal sealed class InternLm2Attention : DecoderAttention
{
    private readonly LlamaSizes sizes;
    private readonly int group;
    private readonly LinearLayer joined;
    private readonly LinearLayer output;

    public InternLm2Attention(LlamaSizes sizes, int layer, ModuleScope scope)
        : base(nameof(InternLm2Attention), layer, sizes.Width, sizes.Heads)
    {
        this.sizes = sizes;
        group = sizes.Heads / sizes.KeyHeads;
        joined = Add("wqkv", scope.Child("wqkv").Linear(sizes.Width, (sizes.Heads + (2 * sizes.KeyHeads)) * sizes.HeadWidth, sizes.InputBias));
        output = Add("wo", scope.Child("wo").Linear(sizes.Heads * sizes.HeadWidth, sizes.Width, sizes.OutputBias));
    }

    /// <inheritdoc/>
    public override Tensor Forward(Tensor x, DecoderPass pass, bool onlyWanted)
    {
        using var scope = NewDisposeScope();
        var (rows, length, width) = (x.shape[0], x.shape[1], sizes.HeadWidth);
        var all = joined.Forward(x, pass.MediaRows).view(rows, length, sizes.KeyHeads, group + 2, width); // [B, T, key heads, group + 2, d]
        var queries = all.narrow(3, 0, group).reshape(rows, length, sizes.Heads, width).transpose(1, 2);  // [B, heads, T, d]
        var keys = all.select(3, group).transpose(1, 2);                                                  // [B, key heads, T, d]
        var values = all.select(3, group + 1).transpose(1, 2);                                            // [B, key heads, T, d]
        return Mix(pass.Rotary.Turn(queries), pass.Rotary.Turn(keys), values, output, pass, onlyWanted).MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    protected override (Tensor Keys, Tensor Values) Remember(Tensor outside)
    {
        var all = joined.Forward(outside).view(outside.shape[0], outside.shape[1], sizes.KeyHeads, group + 2, sizes.HeadWidth); // [B, K, key heads, group + 2, d]
        return (all.select(3, group).transpose(1, 2), all.select(3, group + 1).transpose(1, 2));
    }
}
