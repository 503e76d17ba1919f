using TrainMm.Models.Layers;
using static TorchSharp.torch;

namespace TrainMm.Models.LanguageModels.Phi;

/// <summary>One decoder layer: with n = LN x, x + Attention(n) + FF(n).</summary>
internal sealed class PhiLayer : DecoderLayer
{
    private readonly LayerNorm norm;
    private readonly PhiAttention attention;
    private readonly PlainFeedForward feedForward;

    public PhiLayer(int index, PhiArchitecture sizes, ModuleScope scope)
        : base(nameof(PhiLayer))
    {
        attention = Add("self_attn", new PhiAttention(index, sizes, scope.Child("self_attn")));
        feedForward = Add("mlp", new PlainFeedForward("fc1", "fc2", sizes.HiddenSize, sizes.IntermediateSize, sizes.HiddenAct, scope.Child("mlp")));
        norm = Add("input_layernorm", new LayerNorm(sizes.HiddenSize, sizes.LayerNormEps, scope.Child("input_layernorm")));
    }

    /// <inheritdoc/>
    public override Tensor Forward(Tensor x, DecoderPass pass, bool onlyWanted)
    {
        using var scope = NewDisposeScope();
        var normed = norm.Forward(x);
        var attended = attention.Forward(normed, pass, onlyWanted);             // [B, T, D] or [S, D]
        if (onlyWanted) (x, normed) = (pass.AtWanted(x), pass.AtWanted(normed));
        var made = feedForward.Forward(normed, pass, onlyWanted ? pass.WantedMediaRows : pass.MediaRows);
        return attended.add(made).add(x).MoveToOuterDisposeScope();
    }
}
