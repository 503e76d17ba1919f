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
        var type = ProductType.For(x);
        using var weight = quantised.Dequantise(type);
        return x.CastTo(type).matmul(weight.t()).CastTo(x.dtype);
    }

    /// <inheritdoc/>
    public override List<Tensor> backward(autograd.AutogradContext ctx, Tensor grad_output)
    {
        var type = ProductType.For(grad_output);
        using var weight = ((QuantisedWeight)ctx.get_data(WeightKey)).Dequantise(type);
        return [grad_output.CastTo(type).matmul(weight).CastTo(grad_output.dtype), null!];
    }
}
