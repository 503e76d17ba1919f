using TrainMm.Core.Roles;
using TrainMm.Models.Layers;
using static TorchSharp.torch;

namespace TrainMm.Models.Encoders.Vision;

/// <summary>Sizes of a <see cref="PreNormLayer"/>.</summary>
/// <param name="Width">De.</param>
/// <param name="Inner">Width between the feed-forward layer's projections.</param>
/// <param name="Heads">Attention heads.</param>
/// <param name="Activation">The feed-forward layer's activation.</param>
/// <param name="Epsilon">ε of the norms.</param>
internal sealed record PreNormSizes(int Width, int Inner, int Heads, string Activation, double Epsilon);

/// <summary>One layer of CLIP's and SigLIP's towers, by Hugging Face's names: norm before attention and before the feed-forward layer, each added to what came in.</summary>
internal sealed class PreNormLayer : NamedModule
{
    private readonly SelfAttention attention;
    private readonly LayerNorm attentionNorm;
    private readonly FeedForward feedForward;
    private readonly LayerNorm feedForwardNorm;

    public PreNormLayer(PreNormSizes sizes, ModuleScope scope)
        : base(nameof(PreNormLayer))
    {
        attention = Add("self_attn", new Projections(sizes, scope.Child("self_attn"))).Attention;
        attentionNorm = Add("layer_norm1", new LayerNorm(sizes.Width, sizes.Epsilon, scope.Child("layer_norm1")));
        feedForward = Add("mlp", new FeedForward(sizes.Width, sizes.Inner, sizes.Activation, scope.Child("mlp")));
        feedForwardNorm = Add("layer_norm2", new LayerNorm(sizes.Width, sizes.Epsilon, scope.Child("layer_norm2")));
    }

    /// <summary>[I, T, De] → [I, T, De].</summary>
    /// <param name="x">[I, T, De].</param>
    /// <param name="mask">[I or 1, 1, T, T], added to the scores; null where all may attend to all.</param>
    public Tensor Forward(Tensor x, Tensor? mask = null)
    {
        using var scope = NewDisposeScope();
        x = x.add(attention.Forward(attentionNorm.Forward(x), mask));
        return x.add(feedForward.Forward(feedForwardNorm.Forward(x))).MoveToOuterDisposeScope();
    }

    private sealed class Projections : NamedModule
    {
        public Projections(PreNormSizes sizes, ModuleScope scope)
            : base(nameof(Projections))
        {
            var keys = Linear("k_proj");
            var values = Linear("v_proj");
            var queries = Linear("q_proj");
            Attention = new SelfAttention(queries, keys, values, Linear("out_proj"), sizes.Heads);

            LinearLayer Linear(string name) => Add(name, scope.Child(name).Linear(sizes.Width, sizes.Width, bias: true));
        }

        public SelfAttention Attention { get; }
    }
}
