using TorchSharp.Modules;
using TrainMm.Core.Roles;
using static TorchSharp.torch;

namespace TrainMm.Models.Layers;

/// <summary>Layer norm (arXiv:1607.06450) with weight and bias, or, as some OPTs have it, without.</summary>
public sealed class LayerNorm : NamedModule
{
    private readonly Parameter? weight;
    private readonly Parameter? bias;
    private readonly double epsilon;
    private readonly long[] width;

    /// <summary>Makes the norm in a place of its part.</summary>
    /// <param name="width">The last dimension.</param>
    /// <param name="epsilon">Added to the variance.</param>
    /// <param name="scope">The norm's place.</param>
    /// <param name="isAffine">Whether there are weight and bias.</param>
    public LayerNorm(long width, double epsilon, ModuleScope scope, bool isAffine = true)
        : base(nameof(LayerNorm))
    {
        this.epsilon = epsilon;
        this.width = [width];
        if (!isAffine) return;
        weight = Add("weight", scope.Parameter("weight", width));
        bias = Add("bias", scope.Parameter("bias", width));
    }

    /// <summary>[..., width] → [..., width].</summary>
    public Tensor Forward(Tensor input) =>
        nn.functional.layer_norm(input, width, weight?.CastTo(input.dtype), bias?.CastTo(input.dtype), epsilon);
}
