using TorchSharp.Modules;
using TrainMm.Core.Roles;
using TrainMm.Models.Encoders.Vision;
using TrainMm.Models.Layers;
using static TorchSharp.torch;

namespace TrainMm.Models.Encoders.Siglip;

/// <summary>Pools by attention (set transformers, arXiv:1810.00825, section 3.2): one learned query looks at all features, and a feed-forward layer is added.</summary>
internal sealed class SiglipPoolingHead : NamedModule
{
    private readonly Parameter probe;
    private readonly FusedAttention attention;
    private readonly LayerNorm norm;
    private readonly FeedForward feedForward;

    public SiglipPoolingHead(SiglipArchitecture sizes, ModuleScope scope)
        : base(nameof(SiglipPoolingHead))
    {
        probe = Add("probe", scope.Parameter("probe", 1, 1, sizes.HiddenSize));
        attention = Add("attention", new FusedAttention(sizes.HiddenSize, sizes.NumAttentionHeads, scope.Child("attention")));
        norm = Add("layernorm", new LayerNorm(sizes.HiddenSize, sizes.LayerNormEps, scope.Child("layernorm")));
        feedForward = Add("mlp", new FeedForward(sizes.HiddenSize, sizes.IntermediateSize, sizes.HiddenAct, scope.Child("mlp")));
    }

    /// <summary>[I, N, De] → [I, De].</summary>
    public Tensor Forward(Tensor features)
    {
        using var scope = NewDisposeScope();
        var query = probe.CastTo(features.dtype).expand(features.shape[0], 1, features.shape[2]);             // [I, 1, De]
        var x = attention.Look(query, features);                                                             // [I, 1, De]
        return x.add(feedForward.Forward(norm.Forward(x))).squeeze(1).MoveToOuterDisposeScope();             // [I, De]
    }
}
