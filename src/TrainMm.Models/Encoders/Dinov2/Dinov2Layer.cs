using TorchSharp.Modules;
using TrainMm.Core.Roles;
using TrainMm.Models.Encoders.Vision;
using TrainMm.Models.Encoders.Vit;
using TrainMm.Models.Layers;
using static TorchSharp.torch;

namespace TrainMm.Models.Encoders.Dinov2;

/// <summary>One layer: norm, attention, factors, added; norm, feed-forward layer, factors, added.</summary>
internal sealed class Dinov2Layer : NamedModule
{
    private readonly VitAttention attention;
    private readonly LayerNorm attentionNorm;
    private readonly Parameter attentionScale;
    private readonly Func<Tensor, Tensor> feedForward;
    private readonly LayerNorm feedForwardNorm;
    private readonly Parameter feedForwardScale;

    public Dinov2Layer(Dinov2Architecture sizes, ModuleScope scope)
        : base(nameof(Dinov2Layer))
    {
        attentionNorm = Norm("norm1");
        attention = Add("attention", new VitAttention(sizes.HiddenSize, sizes.NumAttentionHeads, sizes.QkvBias, scope.Child("attention")));
        attentionScale = Scale("layer_scale1");
        feedForwardNorm = Norm("norm2");
        feedForward = sizes.UseSwigluFfn
            ? Add("mlp", new GatedFeedForward(sizes.HiddenSize, sizes.InnerSize, scope.Child("mlp"))).Forward
            : Add("mlp", new FeedForward(sizes.HiddenSize, sizes.InnerSize, sizes.HiddenAct, scope.Child("mlp"))).Forward;
        feedForwardScale = Scale("layer_scale2");

        LayerNorm Norm(string name) => Add(name, new LayerNorm(sizes.HiddenSize, sizes.LayerNormEps, scope.Child(name)));
        Parameter Scale(string name) => Add(name, new LayerScale("lambda1", sizes.HiddenSize, scope.Child(name))).Factors;
    }

    /// <summary>[I, 1 + N, De] → [I, 1 + N, De].</summary>
    public Tensor Forward(Tensor x)
    {
        using var scope = NewDisposeScope();
        x = x.add(attention.Forward(attentionNorm.Forward(x)).mul(attentionScale.CastTo(x.dtype)));
        return x.add(feedForward(feedForwardNorm.Forward(x)).mul(feedForwardScale.CastTo(x.dtype))).MoveToOuterDisposeScope();
    }

    /// <summary>SwiGLU (arXiv:2002.05202): gate and values from one linear layer.</summary>
    private sealed class GatedFeedForward : NamedModule
    {
        private readonly LinearLayer first;
        private readonly LinearLayer second;

        public GatedFeedForward(long width, long inner, ModuleScope scope)
            : base(nameof(GatedFeedForward))
        {
            first = Add("weights_in", scope.Child("weights_in").Linear(width, 2 * inner, bias: true));
            second = Add("weights_out", scope.Child("weights_out").Linear(inner, width, bias: true));
        }

        /// <summary>[I, T, De] → [I, T, De].</summary>
        public Tensor Forward(Tensor x)
        {
            using var scope = NewDisposeScope();
            var parts = first.Forward(x).chunk(2, -1);                                                // gate and values, [I, T, inner]
            return second.Forward(nn.functional.silu(parts[0]).mul(parts[1])).MoveToOuterDisposeScope();
        }
    }
}
