using TrainMm.Models.Layers;
using static TorchSharp.torch;

namespace TrainMm.Models.LanguageModels.Gpt2;

/// <summary>One decoder layer: norm before attention and before the feed-forward layer, each added to what came in.</summary>
internal sealed class Gpt2Layer : DecoderLayer
{
    private readonly LayerNorm attentionNorm;
    private readonly Gpt2Attention attention;
    private readonly LayerNorm feedForwardNorm;
    private readonly PlainFeedForward feedForward;

    public Gpt2Layer(int index, Gpt2Architecture sizes, ModuleScope scope)
        : base(nameof(Gpt2Layer))
    {
        attentionNorm = Add("ln_1", new LayerNorm(sizes.NEmbd, sizes.LayerNormEpsilon, scope.Child("ln_1")));
        attention = Add("attn", new Gpt2Attention(index, sizes, scope.Child("attn")));
        feedForwardNorm = Add("ln_2", new LayerNorm(sizes.NEmbd, sizes.LayerNormEpsilon, scope.Child("ln_2")));
        feedForward = Add("mlp", new PlainFeedForward("c_fc", "c_proj", sizes.NEmbd, sizes.NInner ?? (4 * sizes.NEmbd), sizes.ActivationFunction, scope.Child("mlp"), isTransposed: true));
    }

    /// <inheritdoc/>
    public override Tensor Forward(Tensor x, DecoderPass pass, bool onlyWanted)
    {
        using var scope = NewDisposeScope();
        var attended = attention.Forward(attentionNorm.Forward(x), pass, onlyWanted);
        x = (onlyWanted ? pass.AtWanted(x) : x).add(attended);                 // [B, T, D] or [S, D]
        return x.add(feedForward.Forward(feedForwardNorm.Forward(x), pass, onlyWanted ? pass.WantedMediaRows : pass.MediaRows)).MoveToOuterDisposeScope();
    }
}
