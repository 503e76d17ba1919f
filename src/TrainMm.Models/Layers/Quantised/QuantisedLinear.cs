using TorchSharp.Modules;
using TrainMm.Core.Roles;
using static TorchSharp.torch;

namespace TrainMm.Models.Layers.Quantised;

/// <summary>A frozen linear layer whose weight is kept in fewer bits: y = x Wᵀ + b with the dequantised W, in x's type.</summary>
public sealed class QuantisedLinear : LinearLayer
{
    /// <summary>Takes the weight and the bias over.</summary>
    /// <param name="weight">The weight.</param>
    /// <param name="bias">[out], or null.</param>
    /// <param name="isTransposed">Whether the checkpoint keeps the weight as [in, out].</param>
    public QuantisedLinear(QuantisedWeight weight, Parameter? bias, bool isTransposed)
        : base(nameof(QuantisedLinear), weight.Parameters[0].Parameter, bias, isTransposed)
    {
        Quantised = weight;
        foreach (var (name, parameter) in weight.Parameters) Add(name, parameter);
        if (bias is not null) Add("bias", bias);
    }

    /// <summary>The weight.</summary>
    public QuantisedWeight Quantised { get; }

    /// <inheritdoc/>
    public override long InFeatures => Quantised.Columns;

    /// <inheritdoc/>
    public override long OutFeatures => Quantised.Rows;

    /// <inheritdoc/>
    public override Tensor Values() => Quantised.Dequantise(ScalarType.Float32);

    /// <inheritdoc/>
    protected override Tensor Map(Tensor input, Tensor? mediaRows) => Apply(input, Quantised, Bias);

    /// <summary>x Wᵀ + b in x's type.</summary>
    internal static Tensor Apply(Tensor input, QuantisedWeight weight, Tensor? bias)
    {
        var y = QuantisedProduct.apply(input.reshape(-1, weight.Columns), weight).view([.. input.shape[..^1], weight.Rows]); // [..., out]
        return bias is null ? y : y.add(bias.CastTo(input.dtype));
    }
}
