using TorchSharp.Modules;
using TrainMm.Core.Roles;
using static TorchSharp.torch;

namespace TrainMm.Models.Layers;

/// <summary>Root mean square norm (arXiv:1910.07467), x / √(mean x² + ε) · w; the statistics in fp32 at least, as Hugging Face's LLaMA has it.</summary>
public sealed class RmsNorm : NamedModule
{
    private readonly Parameter weight;
    private readonly double epsilon;

    /// <summary>Makes the norm in a place of its part.</summary>
    /// <param name="width">The last dimension.</param>
    /// <param name="epsilon">Added to the mean square.</param>
    /// <param name="scope">The norm's place.</param>
    public RmsNorm(long width, double epsilon, ModuleScope scope)
        : base(nameof(RmsNorm))
    {
        this.epsilon = epsilon;
        weight = Add("weight", scope.Parameter("weight", width));
    }

    /// <summary>[..., width] → [..., width].</summary>
    public Tensor Forward(Tensor input)
    {
        var x = input.dtype == ScalarType.Float64 ? input : input.CastTo(ScalarType.Float32);
        var scale = x.pow(2).mean([-1], keepdim: true).add(epsilon).rsqrt();
        return weight.CastTo(input.dtype).mul(x.mul(scale).CastTo(input.dtype));
    }
}
