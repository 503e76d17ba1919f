using TrainMm.Core.Roles;
using TrainMm.Models.Layers;
using static TorchSharp.torch;

namespace TrainMm.Models.InputProjectors.Perceiver;

/// <summary>One layer: attention (0) from the latents to features and latents, then a feed-forward layer (1), each added to what came in.</summary>
internal sealed class PerceiverLayer : NamedModule
{
    private readonly LatentAttention attention;
    private readonly FeedForward feedForward;

    public PerceiverLayer(PerceiverOptions options, long width, double epsilon, ModuleScope scope)
        : base(nameof(PerceiverLayer))
    {
        attention = Add("0", new LatentAttention(options, width, epsilon, scope.Child(0)));
        feedForward = Add("1", new FeedForward(width, options.FeedForwardFactor * width, epsilon, scope.Child(1)));
    }

    /// <summary>[I, Q, De] and [I, N, De] → [I, Q, De].</summary>
    public Tensor Forward(Tensor latents, Tensor features)
    {
        using var scope = NewDisposeScope();
        var x = latents.add(attention.Forward(latents, features));
        return x.add(feedForward.Forward(x)).MoveToOuterDisposeScope();
    }

    private sealed class LatentAttention : NamedModule
    {
        private readonly int heads;
        private readonly LayerNorm featureNorm;
        private readonly LayerNorm latentNorm;
        private readonly LinearLayer queries;
        private readonly LinearLayer keysAndValues;
        private readonly LinearLayer output;

        public LatentAttention(PerceiverOptions options, long width, double epsilon, ModuleScope scope)
            : base(nameof(LatentAttention))
        {
            heads = options.Heads;
            var inner = (long)options.Heads * options.HeadDim;
            featureNorm = Add("norm_media", new LayerNorm(width, epsilon, scope.Child("norm_media")));
            latentNorm = Add("norm_latents", new LayerNorm(width, epsilon, scope.Child("norm_latents")));
            queries = Add("to_q", scope.Child("to_q").Linear(width, inner, bias: false));
            keysAndValues = Add("to_kv", scope.Child("to_kv").Linear(width, 2 * inner, bias: false));
            output = Add("to_out", scope.Child("to_out").Linear(inner, width, bias: false));
        }

        /// <summary>[I, Q, De] and [I, N, De] → [I, Q, De].</summary>
        public Tensor Forward(Tensor latents, Tensor features)
        {
            var own = latentNorm.Forward(latents);                                                          // [I, Q, De]
            var all = cat([featureNorm.Forward(features), own], 1);                                         // [I, N + Q, De]
            var parts = keysAndValues.Forward(all).chunk(2, -1);                                            // two of [I, N + Q, heads · d]
            return output.Forward(Attention.Attend(Split(queries.Forward(own)), Split(parts[0]), Split(parts[1]), mask: null));
        }

        /// <summary>[I, T, heads · d] → [I, heads, T, d].</summary>
        private Tensor Split(Tensor x) => Attention.Split(x.contiguous(), heads);
    }

    private sealed class FeedForward : NamedModule
    {
        private readonly LayerNorm norm;
        private readonly LinearLayer first;
        private readonly LinearLayer second;

        public FeedForward(long width, long inner, double epsilon, ModuleScope scope)
            : base(nameof(FeedForward))
        {
            norm = Add("0", new LayerNorm(width, epsilon, scope.Child(0)));
            first = Add("1", scope.Child(1).Linear(width, inner, bias: false));
            second = Add("3", scope.Child(3).Linear(inner, width, bias: false));
        }

        /// <summary>[I, Q, De] → [I, Q, De].</summary>
        public Tensor Forward(Tensor x) => second.Forward(nn.functional.gelu(first.Forward(norm.Forward(x))));
    }
}
