using TrainMm.Models.Layers;
using TrainMm.Models.Layers.Quantised;
using static TorchSharp.torch;

namespace TrainMm.Models.Peft.Lora;

/// <summary>
/// y = x Wᵀ + b + n Bᵀ with n = s x Aᵀ, and its gradient in closed form: with m = s g B, dx = g W + m A, dA = mᵀ x and dB = gᵀ n, W and b being frozen.
/// Both shares of dx are added in the product itself, where the chain of operators would write each of them and add them in a third pass.
/// Of a quantised W only the bytes are kept between the two directions.
/// </summary>
internal sealed class LoraProduct : autograd.SingleTensorFunction<LoraProduct>
{
    /// <inheritdoc/>
    public override string Name => nameof(LoraLinear);

    /// <summary>x [R, in], W [out, in] or quantised, b [out] or null, A [r, in], B [out, r], s → y [R, out].</summary>
    public override Tensor forward(autograd.AutogradContext ctx, params object[] vars)
    {
        var (x, down, up, scale) = ((Tensor)vars[0], (Tensor)vars[3], (Tensor)vars[4], (double)vars[5]);
        var type = ProductType.For(x);
        var quantised = vars[1] as QuantisedWeight;
        using var made = quantised?.Dequantise(type);
        var weight = made ?? (Tensor)vars[1];
        var wide = x.CastTo(type);
        var narrow = wide.mm(down.CastTo(type).t()).mul_(scale);                                              // [R, r]
        ctx.save_for_backward(quantised is null ? [x, narrow, down, up, weight] : [x, narrow, down, up]);
        ctx.save_data("weight", quantised!);
        ctx.save_data("scale", scale);
        var plain = nn.functional.linear(wide, weight.CastTo(type), ((Tensor?)vars[2])?.CastTo(type));         // [R, out]
        return plain.addmm_(narrow, up.CastTo(type).t()).CastTo(x.dtype);
    }

    /// <inheritdoc/>
    public override List<Tensor> backward(autograd.AutogradContext ctx, Tensor grad_output)
    {
        var saved = ctx.get_saved_variables();
        var (x, narrow, down, up) = (saved[0], saved[1], saved[2], saved[3]);
        var type = ProductType.For(x);
        using var made = x.requires_grad ? ((QuantisedWeight?)ctx.get_data("weight"))?.Dequantise(type) : null;
        var weight = made ?? saved.ElementAtOrDefault(4);
        var gradient = grad_output.CastTo(type);
        var ofNarrow = gradient.mm(up.CastTo(type)).mul_((double)ctx.get_data("scale"));                     // [R, r]
        var ofX = x.requires_grad ? gradient.mm(weight!.CastTo(type)).addmm_(ofNarrow, down.CastTo(type)).CastTo(x.dtype) : null; // [R, in]
        var ofDown = ofNarrow.t().mm(x.CastTo(type)).CastTo(down.dtype);                                     // [r, in]
        var ofUp = gradient.t().mm(narrow).CastTo(up.dtype);                                                 // [out, r]
        return [ofX!, null!, null!, ofDown, ofUp, null!];
    }
}
