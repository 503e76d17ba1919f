using TorchSharp.Modules;
using TrainMm.Core.Roles;
using TrainMm.Models.Layers;
using static TorchSharp.torch;

namespace TrainMm.Models.Encoders.EvaClip;

/// <summary>One layer: attention and a feed-forward layer, each normed before or after, with factors or without, and added to what came in.</summary>
internal sealed class EvaLayer : NamedModule
{
    /// <summary>ε of the norms, which EVA-CLIP sets in its code.</summary>
    public const double Epsilon = 1e-6;

    private readonly bool normsAfter;
    private readonly EvaAttention attention;
    private readonly LayerNorm attentionNorm;
    private readonly Parameter? attentionScale;
    private readonly Func<Tensor, Tensor> feedForward;
    private readonly LayerNorm feedForwardNorm;
    private readonly Parameter? feedForwardScale;

    public EvaLayer(EvaClipArchitecture sizes, ModuleScope scope)
        : base(nameof(EvaLayer))
    {
        normsAfter = sizes.Postnorm;
        attentionNorm = Add("norm1", new LayerNorm(sizes.Width, Epsilon, scope.Child("norm1")));
        attention = Add("attn", new EvaAttention(sizes, scope.Child("attn")));
        feedForwardNorm = Add("norm2", new LayerNorm(sizes.Width, Epsilon, scope.Child("norm2")));
        feedForward = sizes.Naiveswiglu
            ? Add("mlp", new EvaGatedFeedForward(sizes, scope.Child("mlp"))).Forward
            : Add("mlp", new EvaFeedForward(sizes, scope.Child("mlp"))).Forward;
        if (sizes.LsInitValue is not > 0) return;
        attentionScale = Add("gamma_1", scope.Parameter("gamma_1", sizes.Width));
        feedForwardScale = Add("gamma_2", scope.Parameter("gamma_2", sizes.Width));
    }

    /// <summary>[I, 1 + N, De] → [I, 1 + N, De].</summary>
    /// <param name="x">[I, 1 + N, De].</param>
    /// <param name="rotation">Turns queries and keys by their places; null where they do not turn.</param>
    public Tensor Forward(Tensor x, GridRotation? rotation)
    {
        using var scope = NewDisposeScope();
        x = Branch(x, y => attention.Forward(y, rotation), attentionNorm, attentionScale);
        return Branch(x, feedForward, feedForwardNorm, feedForwardScale).MoveToOuterDisposeScope();
    }

    private Tensor Branch(Tensor x, Func<Tensor, Tensor> layer, LayerNorm norm, Parameter? scale)
    {
        var y = normsAfter ? norm.Forward(layer(x)) : layer(norm.Forward(x));
        return x.add(scale is null ? y : y.mul(scale.CastTo(y.dtype)));
    }
}
