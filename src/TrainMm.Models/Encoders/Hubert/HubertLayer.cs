using TrainMm.Core.Roles;
using TrainMm.Models.Encoders.Audio;
using TrainMm.Models.Layers;
using static TorchSharp.torch;

namespace TrainMm.Models.Encoders.Hubert;

/// <summary>One layer: attention and feed-forward layer, each added to what came in, with norms behind (base) or before (large).</summary>
internal sealed class HubertLayer : NamedModule
{
    private readonly AudioSelfAttention attention;
    private readonly LayerNorm attentionNorm;
    private readonly AudioFeedForward feedForward;
    private readonly LayerNorm feedForwardNorm;
    private readonly bool normsFirst;

    public HubertLayer(HubertArchitecture sizes, ModuleScope scope)
        : base(nameof(HubertLayer))
    {
        normsFirst = sizes.DoStableLayerNorm;
        attention = Add("attention", new AudioSelfAttention(sizes.HiddenSize, sizes.NumAttentionHeads, keyBias: true, scope.Child("attention")));
        attentionNorm = Add("layer_norm", new LayerNorm(sizes.HiddenSize, sizes.LayerNormEps, scope.Child("layer_norm")));
        feedForward = Add("feed_forward", new FeedForward(sizes, scope.Child("feed_forward"))).Layers;
        feedForwardNorm = Add("final_layer_norm", new LayerNorm(sizes.HiddenSize, sizes.LayerNormEps, scope.Child("final_layer_norm")));
    }

    /// <summary>[I, N, De] → [I, N, De].</summary>
    /// <param name="x">[I, N, De].</param>
    /// <param name="mask">[I, 1, 1, N], added to the scores, or null.</param>
    public Tensor Forward(Tensor x, Tensor? mask)
    {
        using var scope = NewDisposeScope();
        if (normsFirst)
        {
            x = x.add(attention.Forward(attentionNorm.Forward(x), mask));
            x = x.add(feedForward.Forward(feedForwardNorm.Forward(x)));
        }
        else
        {
            x = attentionNorm.Forward(x.add(attention.Forward(x, mask)));
            x = feedForwardNorm.Forward(x.add(feedForward.Forward(x)));
        }

        return x.MoveToOuterDisposeScope();
    }

    private sealed class FeedForward : NamedModule
    {
        public FeedForward(HubertArchitecture sizes, ModuleScope scope)
            : base(nameof(FeedForward))
        {
            var first = Add("intermediate_dense", scope.Child("intermediate_dense").Linear(sizes.HiddenSize, sizes.IntermediateSize, bias: true));
            var second = Add("output_dense", scope.Child("output_dense").Linear(sizes.IntermediateSize, sizes.HiddenSize, bias: true));
            Layers = new AudioFeedForward(first, second, sizes.HiddenAct);
        }

        public AudioFeedForward Layers { get; }
    }
}
