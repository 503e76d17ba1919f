using TorchSharp.Modules;
using TrainMm.Core.Roles;
using TrainMm.Models.Layers;
using static TorchSharp.torch;

namespace TrainMm.Models.Encoders.Vision;

/// <summary>Patches as vectors (ViT, arXiv:2010.11929, section 3.1): a convolution whose stride is the patch's side. What does not fill a patch is left out.</summary>
internal sealed class PatchEmbedding : NamedModule
{
    private readonly Parameter weight;
    private readonly Parameter? bias;
    private readonly long[] stride;

    /// <summary>Makes the layer.</summary>
    /// <param name="channels">C.</param>
    /// <param name="patch">Pixels of a patch's side.</param>
    /// <param name="width">De.</param>
    /// <param name="hasBias">Whether a bias is added.</param>
    /// <param name="scope">The layer's place.</param>
    public PatchEmbedding(long channels, long patch, long width, bool hasBias, ModuleScope scope)
        : base(nameof(PatchEmbedding))
    {
        weight = Add("weight", scope.Parameter("weight", width, channels, patch, patch));
        if (hasBias) bias = Add("bias", scope.Parameter("bias", width));
        stride = [patch, patch];
    }

    /// <summary>[I, C, H, W] → [I, N, De], row by row.</summary>
    public Tensor Forward(Tensor images)
    {
        var grid = nn.functional.conv2d(images, weight.CastTo(images.dtype), bias?.CastTo(images.dtype), strides: stride); // [I, De, H/patch, W/patch]
        return grid.flatten(2).transpose(1, 2);                                                                            // [I, N, De]
    }
}
