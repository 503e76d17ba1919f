using TrainMm.Models.Layers;
using static TorchSharp.torch;

namespace TrainMm.Models.LanguageModels.Llama;

/// <summary>One decoder layer: norm before attention and before the feed-forward layer, each added to what came in.</summary>
internal sealed class LlamaLayer : DecoderLayer
{
    private readonly RmsNorm attentionNorm;
    private readonly DecoderAttention attention;
    private readonly RmsNorm feedForwardNorm;
    private readonly DecoderFeedForward feedForward;

    public LlamaLayer(int index, LlamaSizes sizes, ModuleScope scope)
        : base(nameof(LlamaLayer))
    {
        var names = sizes.Names;
        attention = Add(names.Attention, sizes.Attention(sizes, index, scope.Child(names.Attention)));
        feedForward = Add(names.FeedForward, sizes.FeedForward(sizes, scope.Child(names.FeedForward)));
        attentionNorm = Add(names.AttentionNorm, new RmsNorm(sizes.Width, sizes.NormEpsilon, scope.Child(names.AttentionNorm), sizes.NormOffset));
        feedForwardNorm = Add(names.FeedForwardNorm, new RmsNorm(sizes.Width, sizes.NormEpsilon, scope.Child(names.FeedForwardNorm), sizes.NormOffset));
    }

    /// <inheritdoc/>
    public override Tensor Forward(Tensor x, DecoderPass pass, bool onlyWanted)
    {
        using var scope = NewDisposeScope();
        var attended = attention.Forward(attentionNorm.Forward(x), pass, onlyWanted);
        x = (onlyWanted ? pass.AtWanted(x) : x).add(attended);                                                 // [B, T, D] or [S, D]
        return x.add(feedForward.Forward(feedForwardNorm.Forward(x), pass, onlyWanted ? pass.WantedMediaRows : pass.MediaRows)).MoveToOuterDisposeScope();
    }
}
