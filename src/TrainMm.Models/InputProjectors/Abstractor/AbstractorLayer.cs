using TrainMm.Core.Roles;
using TrainMm.Models.Layers;
using static TorchSharp.torch;

namespace TrainMm.Models.InputProjectors.Abstractor;

/// <summary>One layer: normed queries attend to normed features and to themselves; the result is added to the normed queries, then a gated feed-forward layer to that.</summary>
internal sealed class AbstractorLayer : NamedModule
{
    private readonly CrossAttention attention;

    public AbstractorLayer(AbstractorOptions options, long width, ModuleScope scope)
        : base(nameof(AbstractorLayer))
    {
        attention = Add("crossattention", new CrossAttention(options, width, scope.Child("crossattention")));
    }

    /// <summary>[I, Q, De] and [I, N, De] → [I, Q, De].</summary>
    public Tensor Forward(Tensor queries, Tensor features)
    {
        using var scope = NewDisposeScope();
        return attention.Forward(queries, features).MoveToOuterDisposeScope();
    }

    private sealed class CrossAttention : NamedModule
    {
        /// <summary>ε of the norms before and behind the attention, PyTorch's default.</summary>
        public const double Epsilon = 1e-5;

        private readonly Heads heads;
        private readonly Output output;
        private readonly LayerNorm queryNorm;
        private readonly LayerNorm featureNorm;

        public CrossAttention(AbstractorOptions options, long width, ModuleScope scope)
            : base(nameof(CrossAttention))
        {
            heads = Add("attention", new Heads(options.NumAttentionHeads, width, scope.Child("attention")));
            output = Add("output", new Output(options, width, scope.Child("output")));
            queryNorm = Add("norm1", new LayerNorm(width, Epsilon, scope.Child("norm1")));
            featureNorm = Add("normk", new LayerNorm(width, Epsilon, scope.Child("normk")));
        }

        public Tensor Forward(Tensor queries, Tensor features)
        {
            var x = queryNorm.Forward(queries);                                                 // [I, Q, De]
            var seen = cat([x, featureNorm.Forward(features)], 1);                              // [I, Q + N, De]
            return output.Forward(heads.Forward(x, seen), x);
        }
    }

    private sealed class Heads : NamedModule
    {
        private readonly int count;
        private readonly LinearLayer query;
        private readonly LinearLayer key;
        private readonly LinearLayer value;

        public Heads(int count, long width, ModuleScope scope)
            : base(nameof(Heads))
        {
            this.count = count;
            query = Add("query", scope.Child("query").Linear(width, width, bias: true));
            key = Add("key", scope.Child("key").Linear(width, width, bias: true));
            value = Add("value", scope.Child("value").Linear(width, width, bias: true));
        }

        /// <summary>[I, Q, De] and [I, S, De] → [I, Q, De].</summary>
        public Tensor Forward(Tensor x, Tensor seen)
        {
            var q = Attention.Split(query.Forward(x), count);                                   // [I, heads, Q, d]
            var k = Attention.Split(key.Forward(seen), count);                                  // [I, heads, S, d]
            var v = Attention.Split(value.Forward(seen), count);                                // [I, heads, S, d]
            return Attention.Attend(q, k, v, mask: null);
        }
    }

    private sealed class Output : NamedModule
    {
        private readonly LinearLayer projection;
        private readonly LayerNorm norm;
        private readonly GatedFeedForward feedForward;

        public Output(AbstractorOptions options, long width, ModuleScope scope)
            : base(nameof(Output))
        {
            projection = Add("out_proj", scope.Child("out_proj").Linear(width, width, bias: true));
            norm = Add("norm2", new LayerNorm(width, CrossAttention.Epsilon, scope.Child("norm2")));
            feedForward = Add("mlp", new GatedFeedForward(options, width, scope.Child("mlp")));
        }

        public Tensor Forward(Tensor mixed, Tensor before)
        {
            var x = before.add(projection.Forward(mixed));
            return x.add(feedForward.Forward(norm.Forward(x)));
        }
    }

    /// <summary>SwiGLU (arXiv:2002.05202) with a norm before its last projection.</summary>
    private sealed class GatedFeedForward : NamedModule
    {
        private readonly LinearLayer gate;
        private readonly LinearLayer down;
        private readonly LinearLayer up;
        private readonly LayerNorm norm;

        public GatedFeedForward(AbstractorOptions options, long width, ModuleScope scope)
            : base(nameof(GatedFeedForward))
        {
            gate = Add("w1", scope.Child("w1").Linear(width, options.IntermediateSize, bias: true));
            down = Add("w2", scope.Child("w2").Linear(options.IntermediateSize, width, bias: true));
            up = Add("w3", scope.Child("w3").Linear(width, options.IntermediateSize, bias: true));
            norm = Add("ffn_ln", new LayerNorm(options.IntermediateSize, options.LayerNormEps, scope.Child("ffn_ln")));
        }

        public Tensor Forward(Tensor x) => down.Forward(norm.Forward(nn.functional.silu(gate.Forward(x)).mul(up.Forward(x))));
    }
}
