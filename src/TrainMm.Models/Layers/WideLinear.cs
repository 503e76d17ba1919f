using static TorchSharp.torch;

namespace TrainMm.Models.Layers;

/// <summary>x Wᵀ + b with frozen W and b, in a wider type than theirs (<see cref="ProductType"/>). Between the two directions W is kept as it is: the widened copy is made twice and lives as long as the product.</summary>
internal sealed class WideLinear : autograd.SingleTensorFunction<WideLinear>
{
    /// <inheritdoc/>
    public override string Name => nameof(WideLinear);

    /// <summary>x [..., in], W [out, in], b [out] or null → y [..., out] in x's type.</summary>
    public override Tensor forward(autograd.AutogradContext ctx, params object[] vars)
    {
        var (input, weight) = ((Tensor)vars[0], (Tensor)vars[1]);
        ctx.save_for_backward([weight]);
        return Product(input, weight, (Tensor?)vars[2]);
    }

    /// <inheritdoc/>
    public override List<Tensor> backward(autograd.AutogradContext ctx, Tensor grad_output)
    {
        var weight = ctx.get_saved_variables()[0];
        var type = ProductType.For(grad_output);
        return [grad_output.CastTo(type).matmul(weight.CastTo(type)).CastTo(grad_output.dtype), null!, null!];
    }

    /// <summary>The same by operators that know their gradients.</summary>
    internal static Tensor Product(Tensor input, Tensor weight, Tensor? bias)
    {
        var type = ProductType.For(input);
        return nn.functional.linear(input.CastTo(type), weight.CastTo(type), bias?.CastTo(type)).CastTo(input.dtype);
    }
}
