using TorchSharp.Modules;
using TrainMm.Core.Roles;
using TrainMm.Models.Layers;
using static TorchSharp.torch;

namespace TrainMm.Models.Generators.Diffusion.Unet;

/// <summary>A layer of a <see cref="SpatialTransformer"/>: attention among the places, attention to the condition or among them again, and a gated feed-forward layer, each behind a norm and added to what came in (diffusers' <c>BasicTransformerBlock</c>).</summary>
internal sealed class TransformerBlock : NamedModule
{
    private const double Epsilon = 1e-5;

    private readonly LayerNorm ownNorm;
    private readonly CrossAttention own;
    private readonly LayerNorm crossNorm;
    private readonly CrossAttention cross;
    private readonly LayerNorm feedForwardNorm;
    private readonly GatedFeedForward feedForward;
    private readonly bool onlyCross;

    public TransformerBlock(TransformerSizes sizes, ModuleScope scope)
        : base(nameof(TransformerBlock))
    {
        onlyCross = sizes.OnlyCrossAttention;
        ownNorm = Norm("norm1");
        var seenWidth = sizes.ConditionWidth ?? sizes.Width;
        own = Add("attn1", new CrossAttention(sizes.Width, onlyCross ? seenWidth : sizes.Width, sizes.Heads, scope.Child("attn1")));
        crossNorm = Norm("norm2");
        cross = Add("attn2", new CrossAttention(sizes.Width, seenWidth, sizes.Heads, scope.Child("attn2")));
        feedForwardNorm = Norm("norm3");
        feedForward = Add("ff", new GatedFeedForward(sizes.Width, scope.Child("ff")));

        LayerNorm Norm(string name) => Add(name, new LayerNorm(sizes.Width, Epsilon, scope.Child(name)));
    }

    /// <summary>[B, N, width] → [B, N, width].</summary>
    /// <param name="x">[B, N, width], the grid's places.</param>
    /// <param name="seen">The condition; null in a transformer that sees the places alone, where the second attention, too, is among them.</param>
    public Tensor Forward(Tensor x, UnetContext? seen)
    {
        using var scope = NewDisposeScope();
        var normed = ownNorm.Forward(x);
        x = x.add(own.Forward(normed, onlyCross ? seen : null));
        x = x.add(cross.Forward(crossNorm.Forward(x), seen));
        return x.add(feedForward.Forward(feedForwardNorm.Forward(x))).MoveToOuterDisposeScope();
    }

    /// <summary>Attention whose keys and values may be of another width than its queries; only the last projection has a bias.</summary>
    private sealed class CrossAttention : NamedModule
    {
        private readonly LinearLayer queries;
        private readonly LinearLayer keys;
        private readonly LinearLayer values;
        private readonly LinearLayer output;
        private readonly int heads;

        public CrossAttention(int width, int seenWidth, int heads, ModuleScope scope)
            : base(nameof(CrossAttention))
        {
            this.heads = heads;
            queries = Add("to_q", scope.Child("to_q").Linear(width, width, bias: false));
            keys = Add("to_k", scope.Child("to_k").Linear(seenWidth, width, bias: false));
            values = Add("to_v", scope.Child("to_v").Linear(seenWidth, width, bias: false));
            output = Add("to_out", new ModuleList<LinearLayer>(scope.Child("to_out").Child(0).Linear(width, width, bias: true)))[0];
        }

        /// <summary>[B, N, width] → [B, N, width].</summary>
        /// <param name="x">[B, N, width].</param>
        /// <param name="context">[B, S, seen width], what is seen; null is x itself.</param>
        public Tensor Forward(Tensor x, UnetContext? context)
        {
            using var scope = NewDisposeScope();
            var seen = context?.States ?? x;                                                         // [B, S, seen width]
            var mixed = Attention.Attend(
                Attention.Split(queries.Forward(x), heads), Attention.Split(keys.Forward(seen), heads), Attention.Split(values.Forward(seen), heads), context?.Mask); // [B, N, width]
            return output.Forward(mixed).MoveToOuterDisposeScope();
        }
    }

    /// <summary>GEGLU (arXiv:2002.05202): one half of the first layer's output times GELU of the other.</summary>
    private sealed class GatedFeedForward : NamedModule
    {
        private const int Widening = 4;

        private readonly LinearLayer first;
        private readonly LinearLayer second;
        private readonly Func<Tensor, Tensor> gelu = Activation.Of("gelu");

        public GatedFeedForward(int width, ModuleScope scope)
            : base(nameof(GatedFeedForward))
        {
            var places = Add("net", new Places());
            first = places.Put("0", new Projection(width, 2 * Widening * width, scope.Child("net").Child(0))).Layer;
            second = places.Put("2", scope.Child("net").Child(2).Linear(Widening * width, width, bias: true));
        }

        /// <summary>[B, N, width] → [B, N, width].</summary>
        public Tensor Forward(Tensor x)
        {
            using var scope = NewDisposeScope();
            var halves = first.Forward(x).chunk(2, -1);                                              // [B, N, 4 · width] each
            return second.Forward(halves[0].mul(gelu(halves[1]))).MoveToOuterDisposeScope();
        }
    }

    /// <summary>A list of modules as checkpoints number them, places without parameters left out.</summary>
    private sealed class Places() : NamedModule(nameof(Places))
    {
        public T Put<T>(string place, T module)
            where T : nn.Module => Add(place, module);
    }

    private sealed class Projection : NamedModule
    {
        public Projection(int width, int outer, ModuleScope scope)
            : base(nameof(Projection))
        {
            Layer = Add("proj", scope.Child("proj").Linear(width, outer, bias: true));
        }

        public LinearLayer Layer { get; }
    }
}
