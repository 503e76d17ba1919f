using TorchSharp.Modules;
using TrainMm.Core.Roles;
using static TorchSharp.torch;

namespace TrainMm.Models.Layers;

/// <summary>Layer norm (arXiv:1607.06450) with weight and bias, or without one (PaLM) or both (some OPTs).</summary>
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
    /// <param name="isAffine">Whether there is a weight.</param>
    /// <param name="hasBias">Whether there is a bias with it.</param>
    public LayerNorm(long width, double epsilon, ModuleScope scope, bool isAffine = true, bool hasBias = true)
        : base(nameof(LayerNorm))
    {
        this.epsilon = epsilon;
        this.width = [width];
        if (!isAffine) return;
        weight = Add("weight", scope.Parameter("weight", width));
        if (hasBias) bias = Add("bias", scope.Parameter("bias", width));
    }

    /// <summary>[..., width] → [..., width].</summary>
    public Tensor Forward(Tensor input) =>
        nn.functional.layer_norm(input, width, weight?.CastTo(input.dtype), bias?.CastTo(input.dtype), epsilon);
}
