using TrainMm.Core.Roles;
using TrainMm.Models.Encoders.Audio;
using TrainMm.Models.Layers;
using static TorchSharp.torch;

namespace TrainMm.Models.Encoders.Hubert;

/// <summary>What tells frames apart by their place: a wide convolution in groups, and an activation (wav2vec 2.0, arXiv:2006.11477, section 2).</summary>
internal sealed class HubertPositions : NamedModule
{
    private readonly WeightNormedConvolution convolution;
    private readonly Func<Tensor, Tensor> activation;

    public HubertPositions(HubertArchitecture sizes, ModuleScope scope)
        : base(nameof(HubertPositions))
    {
        convolution = Add("conv", new WeightNormedConvolution(sizes.HiddenSize, sizes.NumConvPosEmbeddings, sizes.NumConvPosEmbeddingGroups, scope.Child("conv")));
        activation = Activation.Of(sizes.FeatExtractActivation);
    }

    /// <summary>Makes the convolution's weight what its directions are, for random weights.</summary>
    public void Reset() => convolution.Reset();

    /// <summary>[I, N, De] → [I, N, De], to be added.</summary>
    public Tensor Forward(Tensor x)
    {
        using var scope = NewDisposeScope();
        return activation(convolution.Forward(x.transpose(1, 2))).transpose(1, 2).MoveToOuterDisposeScope();
    }
}
