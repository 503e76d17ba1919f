using TorchSharp.Modules;
using TrainMm.Core.Roles;
using TrainMm.Models.Encoders.Audio;
using TrainMm.Models.Layers;
using static TorchSharp.torch;

namespace TrainMm.Models.Encoders.Beats;

/// <summary>What checkpoints call <c>encoder</c>: a convolution for places, a norm, and layers that share one table of relative positions.</summary>
internal sealed class BeatsTransformer : NamedModule
{
    private readonly WeightNormedConvolution convolution;
    private readonly Func<Tensor, Tensor> gelu = Activation.Of("gelu");
    private readonly LayerNorm norm;
    private readonly ModuleList<BeatsLayer> layers;
    private readonly bool normsFirst;

    public BeatsTransformer(BeatsArchitecture sizes, ModuleScope scope)
        : base(nameof(BeatsTransformer))
    {
        normsFirst = sizes.LayerNormFirst;
        convolution = Add("pos_conv", new PositionalConvolution(sizes, scope.Child("pos_conv"))).Inner;
        layers = Add("layers", new ModuleList<BeatsLayer>([.. Enumerable.Range(0, sizes.EncoderLayers).Select(i => new BeatsLayer(sizes, hasPositions: i == 0, scope.Child("layers").Child(i)))]));
        norm = Add("layer_norm", new LayerNorm(sizes.EncoderEmbedDim, BeatsEncoder.NormEpsilon, scope.Child("layer_norm")));
    }

    /// <summary>First values of what random numbers would spoil: the positional convolution's lengths and the gates' scales.</summary>
    public void Reset()
    {
        convolution.Reset();
        foreach (var layer in layers) RandomWeights.Fill(layer.SelfAttention.GateScale, 1);
    }

    /// <summary>[I, N, De] → [I, N, De].</summary>
    /// <param name="patches">[I, N, De].</param>
    /// <param name="real">[I, N] bool, true where the clip is; null where all of it is.</param>
    public Tensor Forward(Tensor patches, Tensor? real)
    {
        var x = real is null ? patches : patches.masked_fill(real.logical_not().unsqueeze(-1), 0);
        var mask = real is null ? null : AudioSelfAttention.KeyMask(real, x.dtype);
        x = x.add(gelu(convolution.Forward(x.transpose(1, 2))).transpose(1, 2));
        if (!normsFirst) x = norm.Forward(x);
        var bias = layers[0].SelfAttention.Positions!.Between((int)x.shape[1]).CastTo(x.dtype);            // [1, heads, N, N]
        foreach (var layer in layers) x = layer.Forward(x, bias, mask);
        return normsFirst ? norm.Forward(x) : x;
    }

    private sealed class PositionalConvolution : NamedModule
    {
        public PositionalConvolution(BeatsArchitecture sizes, ModuleScope scope)
            : base(nameof(PositionalConvolution))
        {
            Inner = Add("0", new WeightNormedConvolution(sizes.EncoderEmbedDim, sizes.ConvPos, sizes.ConvPosGroups, scope.Child(0)));
        }

        public WeightNormedConvolution Inner { get; }
    }
}
