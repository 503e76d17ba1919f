using TrainMm.Core.Roles;
using TrainMm.Models.LanguageModels.Llama;
using TrainMm.Models.Layers;
using static TorchSharp.torch;

namespace TrainMm.Models.LanguageModels.Qwen;

/// <summary>
/// Causal self-attention whose queries, keys and values come from one projection, one after the other. Outside training the query of the i-th token, i counted from 1, is multiplied by
/// max(1, log i / log s), s being the length of pre-training (LogN scaling, arXiv:2309.16609, section 2.4).
/// </summary>
internal sealed class QwenAttention : DecoderAttention
{
    private readonly LlamaSizes sizes;
    private readonly int? trainedLength;
    private readonly LinearLayer joined;
    private readonly LinearLayer output;

    public QwenAttention(LlamaSizes sizes, int? trainedLength, int layer, ModuleScope scope)
        : base(nameof(QwenAttention), layer, sizes.Width, sizes.Heads)
    {
        this.sizes = sizes;
        this.trainedLength = trainedLength;
        joined = Add("c_attn", scope.Child("c_attn").Linear(sizes.Width, 3 * sizes.Width, sizes.InputBias));
        output = Add("c_proj", scope.Child("c_proj").Linear(sizes.Width, sizes.Width, sizes.OutputBias));
    }

    /// <inheritdoc/>
    public override Tensor Forward(Tensor x, DecoderPass pass, bool onlyWanted)
    {
        using var scope = NewDisposeScope();
        var all = joined.Forward(x, pass.MediaRows);                                                     // [B, T, 3 D]
        var q = pass.Rotary.Turn(Attention.Split(all.narrow(-1, 0, sizes.Width), sizes.Heads));          // [B, heads, T, d]
        var k = pass.Rotary.Turn(Attention.Split(all.narrow(-1, sizes.Width, sizes.Width), sizes.Heads)); // [B, heads, T, d]
        var v = Attention.Split(all.narrow(-1, 2 * sizes.Width, sizes.Width), sizes.Heads);              // [B, heads, T, d]
        if (trainedLength is { } length && !training) q = q.mul(Stretch(pass.Positions, length).CastTo(q.dtype));
        return Mix(q, k, v, output, pass, onlyWanted).MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    protected override (Tensor Keys, Tensor Values) Remember(Tensor outside)
    {
        var all = joined.Forward(outside);                                                               // [B, K, 3 D]
        return (Attention.Split(all.narrow(-1, sizes.Width, sizes.Width), sizes.Heads), Attention.Split(all.narrow(-1, 2 * sizes.Width, sizes.Width), sizes.Heads));
    }

    /// <summary>[B, T] → [B, 1, T, 1].</summary>
    private static Tensor Stretch(Tensor positions, int length) =>
        positions.to_type(ScalarType.Float32).add(1).log().div(Math.Log(length)).clamp(min: 1).unsqueeze(1).unsqueeze(-1);
}
