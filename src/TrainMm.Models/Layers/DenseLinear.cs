using TorchSharp.Modules;
using TrainMm.Core.Roles;
using static TorchSharp.torch;

namespace TrainMm.Models.Layers;

/// <summary>y = x Wᵀ + b. A weight that is an fp32 master is cast to the input's type, so that compute stays in the run's type and the gradient arrives in fp32.</summary>
public sealed class DenseLinear : LinearLayer
{
    /// <summary>Takes the parameters over.</summary>
    /// <param name="weight">[out, in], or [in, out].</param>
    /// <param name="bias">[out], or null.</param>
    /// <param name="isTransposed">Whether the weight is [in, out].</param>
    public DenseLinear(Parameter weight, Parameter? bias, bool isTransposed = false)
        : base(nameof(DenseLinear), weight, bias, isTransposed)
    {
        Add("weight", weight);
        if (bias is not null) Add("bias", bias);
    }

    /// <inheritdoc/>
    protected override Tensor Map(Tensor input, Tensor? mediaRows) => Apply(input, this);

    /// <summary>What the layer's own weight and bias make of x, in x's type.</summary>
    internal static Tensor Apply(Tensor input, LinearLayer layer) => Apply(input, layer.IsTransposed ? layer.Weight.t() : layer.Weight, layer.Bias);

    /// <summary>x Wᵀ + b in x's type.</summary>
    internal static Tensor Apply(Tensor input, Tensor weight, Tensor? bias)
    {
        if (ProductType.For(input) == input.dtype) return nn.functional.linear(input, weight.CastTo(input.dtype), bias?.CastTo(input.dtype));
        var isFrozen = !weight.requires_grad && bias is not { requires_grad: true };
        return isFrozen && input.requires_grad && is_grad_enabled() ? WideLinear.apply(input, weight, bias!) : WideLinear.Product(input, weight, bias);
    }
}
