using TrainMm.Core.Roles;
using TrainMm.Models.Encoders.Audio;
using TrainMm.Models.Layers;
using static TorchSharp.torch;

namespace TrainMm.Models.Encoders.Beats;

/// <summary>One layer: attention and feed-forward layer, each added to what came in, which DeepNorm counts more than once, and normed behind (or before).</summary>
internal sealed class BeatsLayer : NamedModule
{
    private readonly LayerNorm attentionNorm;
    private readonly AudioFeedForward feedForward;
    private readonly LayerNorm feedForwardNorm;
    private readonly bool normsFirst;
    private readonly double residual;

    public BeatsLayer(BeatsArchitecture sizes, bool hasPositions, ModuleScope scope)
        : base(nameof(BeatsLayer))
    {
        var width = sizes.EncoderEmbedDim;
        normsFirst = sizes.LayerNormFirst;
        residual = sizes.DeepNorm ? Math.Pow(2 * sizes.EncoderLayers, 0.25) : 1;
        SelfAttention = Add("self_attn", new BeatsAttention(sizes, hasPositions, scope.Child("self_attn")));
        attentionNorm = Add("self_attn_layer_norm", new LayerNorm(width, BeatsEncoder.NormEpsilon, scope.Child("self_attn_layer_norm")));
        var first = Add("fc1", scope.Child("fc1").Linear(width, sizes.EncoderFfnEmbedDim, bias: true));
        var second = Add("fc2", scope.Child("fc2").Linear(sizes.EncoderFfnEmbedDim, width, bias: true));
        feedForward = new AudioFeedForward(first, second, sizes.ActivationFn);
        feedForwardNorm = Add("final_layer_norm", new LayerNorm(width, BeatsEncoder.NormEpsilon, scope.Child("final_layer_norm")));
    }

    /// <summary>The attention.</summary>
    public BeatsAttention SelfAttention { get; }

    /// <summary>[I, N, De] → [I, N, De].</summary>
    public Tensor Forward(Tensor x, Tensor bias, Tensor? mask)
    {
        using var scope = NewDisposeScope();
        if (normsFirst)
        {
            x = x.add(SelfAttention.Forward(attentionNorm.Forward(x), bias, mask));
            x = x.add(feedForward.Forward(feedForwardNorm.Forward(x)));
        }
        else
        {
            x = attentionNorm.Forward(x.mul(residual).add(SelfAttention.Forward(x, bias, mask)));
            x = feedForwardNorm.Forward(x.mul(residual).add(feedForward.Forward(x)));
        }

        return x.MoveToOuterDisposeScope();
    }
}
