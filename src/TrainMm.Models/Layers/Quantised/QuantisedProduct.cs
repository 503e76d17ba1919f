using static TorchSharp.torch;

namespace TrainMm.Models.Layers.Quantised;

/// <summary>y = x Wᵀ with a quantised W, and dx = g W. W's values are made anew in each direction, so that between them only its bytes are kept.</summary>
internal sealed class QuantisedProduct : autograd.SingleTensorFunction<QuantisedProduct>
{
    private const string WeightKey = "weight";

    /// <inheritdoc/>
    public override string Name => nameof(QuantisedLinear);

    /// <summary>x [R, in], W → y [R, out].</summary>
    public override Tensor forward(autograd.AutogradContext ctx, params object[] vars)
    {
        var (x, quantised) = ((Tensor)vars[0], (QuantisedWeight)vars[1]);
        ctx.save_data(WeightKey, quantised);
        using var weight = quantised.Dequantise(x.dtype);
        return x.matmul(weight.t());
    }

    /// <inheritdoc/>
    public override List<Tensor> backward(autograd.AutogradContext ctx, Tensor grad_output)
    {
        using var weight = ((QuantisedWeight)ctx.get_data(WeightKey)).Dequantise(grad_output.dtype);
        return [grad_output.matmul(weight), null!];
    }
}
