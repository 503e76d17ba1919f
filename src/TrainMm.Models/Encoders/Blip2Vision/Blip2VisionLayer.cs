using TrainMm.Core.Roles;
using TrainMm.Models.Layers;
using static TorchSharp.torch;

namespace TrainMm.Models.Encoders.Blip2Vision;

/// <summary>One encoder layer: norm before attention and before the feed-forward layer, each added to what came in.</summary>
internal sealed class Blip2VisionLayer : NamedModule
{
    private readonly SelfAttention attention;
    private readonly LayerNorm attentionNorm;
    private readonly FeedForward feedForward;
    private readonly LayerNorm feedForwardNorm;

    public Blip2VisionLayer(Blip2VisionArchitecture sizes, ModuleScope scope)
        : base(nameof(Blip2VisionLayer))
    {
        attention = Add("self_attn", new SelfAttention(sizes, scope.Child("self_attn")));
        attentionNorm = Add("layer_norm1", new LayerNorm(sizes.HiddenSize, sizes.LayerNormEps, scope.Child("layer_norm1")));
        feedForward = Add("mlp", new FeedForward(sizes, scope.Child("mlp")));
        feedForwardNorm = Add("layer_norm2", new LayerNorm(sizes.HiddenSize, sizes.LayerNormEps, scope.Child("layer_norm2")));
    }

    /// <summary>[I, 1 + N, De] → [I, 1 + N, De].</summary>
    public Tensor Forward(Tensor x)
    {
        using var scope = NewDisposeScope();
        x = x.add(attention.Forward(attentionNorm.Forward(x)));
        return x.add(feedForward.Forward(feedForwardNorm.Forward(x))).MoveToOuterDisposeScope();
    }

    /// <summary>Queries, keys and values from one projection.</summary>
    private sealed class SelfAttention : NamedModule
    {
        private readonly int heads;
        private readonly LinearLayer fused;
        private readonly LinearLayer output;

        public SelfAttention(Blip2VisionArchitecture sizes, ModuleScope scope)
            : base(nameof(SelfAttention))
        {
            heads = sizes.NumAttentionHeads;
            fused = Add("qkv", scope.Child("qkv").Linear(sizes.HiddenSize, 3 * sizes.HiddenSize, bias: sizes.QkvBias));
            output = Add("projection", scope.Child("projection").Linear(sizes.HiddenSize, sizes.HiddenSize, bias: true));
        }

        /// <summary>[I, 1 + N, De] → [I, 1 + N, De].</summary>
        public Tensor Forward(Tensor x)
        {
            var parts = fused.Forward(x).chunk(3, -1);                                                        // three of [I, 1 + N, De]
            return output.Forward(Attention.Attend(Split(parts[0]), Split(parts[1]), Split(parts[2]), mask: null));
        }

        /// <summary>[I, 1 + N, De] → [I, heads, 1 + N, d].</summary>
        private Tensor Split(Tensor part) => Attention.Split(part.contiguous(), heads);
    }

    private sealed class FeedForward : NamedModule
    {
        private readonly LinearLayer first;
        private readonly LinearLayer second;
        private readonly Func<Tensor, Tensor> activation;

        public FeedForward(Blip2VisionArchitecture sizes, ModuleScope scope)
            : base(nameof(FeedForward))
        {
            first = Add("fc1", scope.Child("fc1").Linear(sizes.HiddenSize, sizes.IntermediateSize, bias: true));
            second = Add("fc2", scope.Child("fc2").Linear(sizes.IntermediateSize, sizes.HiddenSize, bias: true));
            activation = Activation.Of(sizes.HiddenAct);
        }

        /// <summary>[I, 1 + N, De] → [I, 1 + N, De].</summary>
        public Tensor Forward(Tensor x) => second.Forward(activation(first.Forward(x)));
    }
}
