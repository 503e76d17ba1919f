using TrainMm.Models.LanguageModels.Llama;
using TrainMm.Models.Layers;
using static TorchSharp.torch;

namespace TrainMm.Models.LanguageModels.Palm;

/// <summary>One decoder layer: with n = LN x, x + FF(n) + Attention(n) (arXiv:2204.02311, section 2).</summary>
internal sealed class PalmLayer : DecoderLayer
{
    private readonly LayerNorm norm;
    private readonly LlamaAttention attention;
    private readonly LlamaFeedForward feedForward;

    public PalmLayer(int index, PalmArchitecture sizes, ModuleScope scope)
        : base(nameof(PalmLayer))
    {
        norm = Add("input_layernorm", new LayerNorm(sizes.HiddenSize, sizes.LayerNormEps, scope.Child("input_layernorm"), hasBias: false));
        attention = Add("self_attn", new LlamaAttention(sizes.ToSizes(), index, scope.Child("self_attn")));
        feedForward = Add("mlp", new LlamaFeedForward(sizes.ToSizes(), scope.Child("mlp")));
    }

    /// <inheritdoc/>
    public override Tensor Forward(Tensor x, DecoderPass pass, bool onlyWanted)
    {
        using var scope = NewDisposeScope();
        var normed = norm.Forward(x);
        var attended = attention.Forward(normed, pass, onlyWanted);             // [B, T, D] or [S, D]
        if (onlyWanted) (x, normed) = (pass.AtWanted(x), pass.AtWanted(normed));
        return x.add(feedForward.Forward(normed, pass, onlyWanted ? pass.WantedMediaRows : pass.MediaRows)).add(attended).MoveToOuterDisposeScope();
    }
}
