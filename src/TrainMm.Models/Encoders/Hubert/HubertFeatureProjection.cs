using TrainMm.Core.Roles;
using TrainMm.Models.Layers;
using static TorchSharp.torch;

namespace TrainMm.Models.Encoders.Hubert;

/// <summary>Brings frames to the layers' width.</summary>
internal sealed class HubertFeatureProjection : NamedModule
{
    private readonly LayerNorm? norm;
    private readonly LinearLayer projection;

    public HubertFeatureProjection(HubertArchitecture sizes, ModuleScope scope)
        : base(nameof(HubertFeatureProjection))
    {
        if (sizes.FeatProjLayerNorm) norm = Add("layer_norm", new LayerNorm(sizes.ConvDim[^1], sizes.LayerNormEps, scope.Child("layer_norm")));
        projection = Add("projection", scope.Child("projection").Linear(sizes.ConvDim[^1], sizes.HiddenSize, bias: true));
    }

    /// <summary>[I, N, channels] → [I, N, De].</summary>
    public Tensor Forward(Tensor frames) => projection.Forward(norm?.Forward(frames) ?? frames);
}
