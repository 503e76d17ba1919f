using TrainMm.Models.Layers;
using static TorchSharp.torch;

namespace TrainMm.Models.LanguageModels.GptNeox;

/// <summary>One decoder layer: x + Attention(LN₁ x) + FF(LN₂ x), or one part after the other (arXiv:2204.06745, section 2.1.2).</summary>
internal sealed class GptNeoxLayer : DecoderLayer
{
    private readonly bool isParallel;
    private readonly LayerNorm attentionNorm;
    private readonly LayerNorm feedForwardNorm;
    private readonly GptNeoxAttention attention;
    private readonly PlainFeedForward feedForward;

    public GptNeoxLayer(int index, GptNeoxArchitecture sizes, ModuleScope scope)
        : base(nameof(GptNeoxLayer))
    {
        isParallel = sizes.UseParallelResidual;
        attentionNorm = Add("input_layernorm", new LayerNorm(sizes.HiddenSize, sizes.LayerNormEps, scope.Child("input_layernorm")));
        feedForwardNorm = Add("post_attention_layernorm", new LayerNorm(sizes.HiddenSize, sizes.LayerNormEps, scope.Child("post_attention_layernorm")));
        attention = Add("attention", new GptNeoxAttention(index, sizes, scope.Child("attention")));
        feedForward = Add("mlp", new PlainFeedForward("dense_h_to_4h", "dense_4h_to_h", sizes.HiddenSize, sizes.IntermediateSize, sizes.HiddenAct, scope.Child("mlp")));
    }

    /// <inheritdoc/>
    public override Tensor Forward(Tensor x, DecoderPass pass, bool onlyWanted)
    {
        using var scope = NewDisposeScope();
        var attended = attention.Forward(attentionNorm.Forward(x), pass, onlyWanted);        // [B, T, D] or [S, D]
        if (onlyWanted) x = pass.AtWanted(x);
        var sum = x.add(attended);
        var made = feedForward.Forward(feedForwardNorm.Forward(isParallel ? x : sum), pass, onlyWanted ? pass.WantedMediaRows : pass.MediaRows);
        return sum.add(made).MoveToOuterDisposeScope();
    }
}
