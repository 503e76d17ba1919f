using TorchSharp.Modules;
using TrainMm.Core.Roles;
using TrainMm.Models.Layers;
using static TorchSharp.torch;

namespace TrainMm.Models.Fusion.GatedCrossAttention;

/// <summary>
/// What stands before a decoder layer (arXiv:2204.14198, figure 4): y = x + tanh(α) Attention(x, media), then y + tanh(β) FF(y); α and β start at zero, so that the layer is given what it was before.
/// The names are those of OpenFlamingo's <c>GatedCrossAttentionBlock</c>.
/// </summary>
internal sealed class GatedBlock : NamedModule
{
    private readonly CrossAttention attention;
    private readonly Parameter attentionGate;
    private readonly FeedForward feedForward;
    private readonly Parameter feedForwardGate;

    public GatedBlock(GatedCrossAttentionOptions options, int width, int mediaWidth, ModuleScope scope)
        : base(nameof(GatedBlock))
    {
        attention = Add("attn", new CrossAttention(options, width, mediaWidth, scope.Child("attn")));
        attentionGate = Add("attn_gate", scope.Parameter("attn_gate", 1));
        feedForward = Add("ff", new FeedForward(width, options.FeedForwardFactor * width, scope.Child("ff")));
        feedForwardGate = Add("ff_gate", scope.Parameter("ff_gate", 1));
    }

    /// <summary>[B, T, D] → [B, T, D].</summary>
    /// <param name="x">[B, T, D].</param>
    /// <param name="media">What the texts may look at.</param>
    /// <param name="past">Positions before these.</param>
    public Tensor Forward(Tensor x, MediaMemory media, int past)
    {
        using var scope = NewDisposeScope();
        if (media.Tokens is not null) x = x.add(attention.Forward(x, media, past).mul(attentionGate.tanh().CastTo(x.dtype)));
        return x.add(feedForward.Forward(x).mul(feedForwardGate.tanh().CastTo(x.dtype))).MoveToOuterDisposeScope();
    }

    private sealed class CrossAttention : NamedModule
    {
        private const double Epsilon = 1e-5;

        private readonly int heads;
        private readonly LayerNorm norm;
        private readonly LinearLayer queries;
        private readonly LinearLayer keysAndValues;
        private readonly LinearLayer output;

        public CrossAttention(GatedCrossAttentionOptions options, int width, int mediaWidth, ModuleScope scope)
            : base(nameof(CrossAttention))
        {
            heads = options.Heads;
            var inner = heads * options.HeadWidth;
            norm = Add("norm", new LayerNorm(width, Epsilon, scope.Child("norm")));
            queries = Add("to_q", scope.Child("to_q").Linear(width, inner, bias: false));
            keysAndValues = Add("to_kv", scope.Child("to_kv").Linear(mediaWidth, 2 * inner, bias: false));
            output = Add("to_out", scope.Child("to_out").Linear(inner, width, bias: false));
        }

        public Tensor Forward(Tensor x, MediaMemory media, int past)
        {
            var times = media.TimesOf(past, x.shape[1]);                                            // [B, T]
            var all = keysAndValues.Forward(media.Tokens!.CastTo(x.dtype));                         // [B, S, 2 inner]
            var inner = all.shape[2] / 2;
            var q = Attention.Split(queries.Forward(norm.Forward(x)), heads);                       // [B, heads, T, d]
            var k = Attention.Split(all.narrow(-1, 0, inner), heads);                               // [B, heads, S, d]
            var v = Attention.Split(all.narrow(-1, inner, inner), heads);                           // [B, heads, S, d]
            var mixed = Attention.Attend(q, k, v, media.MaskOf(times, x.dtype));                    // [B, T, inner]
            // Before the first medium nothing is seen; there the softmax spread over what is hidden.
            return output.Forward(mixed.mul(times.gt(0).to_type(x.dtype).unsqueeze(-1)));           // [B, T, D]
        }
    }

    private sealed class FeedForward : NamedModule
    {
        private const double Epsilon = 1e-5;

        private readonly LayerNorm norm;
        private readonly LinearLayer first;
        private readonly LinearLayer second;

        public FeedForward(int width, int inner, ModuleScope scope)
            : base(nameof(FeedForward))
        {
            norm = Add("0", new LayerNorm(width, Epsilon, scope.Child(0)));
            first = Add("1", scope.Child(1).Linear(width, inner, bias: false));
            second = Add("3", scope.Child(3).Linear(inner, width, bias: false));
        }

        public Tensor Forward(Tensor x) => second.Forward(nn.functional.gelu(first.Forward(norm.Forward(x)))); // [B, T, D]
    }
}
