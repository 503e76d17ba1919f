using TorchSharp.Modules;
using TrainMm.Core.Roles;
using TrainMm.Torch;
using static TorchSharp.torch;

namespace TrainMm.Models.Layers;

/// <summary>Root mean square norm (arXiv:1910.07467), x / √(mean x² + ε) · w; the statistics in fp32 at least, as Hugging Face's LLaMA has it. Gemma's weight is kept less one.</summary>
public sealed class RmsNorm : NamedModule
{
    private readonly Parameter weight;
    private readonly double epsilon;
    private readonly double offset;

    /// <summary>Makes the norm in a place of its part.</summary>
    /// <param name="width">The last dimension.</param>
    /// <param name="epsilon">Added to the mean square.</param>
    /// <param name="scope">The norm's place.</param>
    /// <param name="offset">Added to the weight, in fp32; then the product too is taken there, as Gemma does.</param>
    public RmsNorm(long width, double epsilon, ModuleScope scope, double offset = 0)
        : base(nameof(RmsNorm))
    {
        this.epsilon = epsilon;
        this.offset = offset;
        weight = Add("weight", scope.Parameter("weight", width));
    }

    /// <summary>[..., width] → [..., width].</summary>
    public Tensor Forward(Tensor input)
    {
        using var scope = NewDisposeScope();
        return Normalise.apply(input, weight, epsilon, offset).MoveToOuterDisposeScope();
    }

    /// <summary>
    /// The norm with its gradient in closed form: with n = x s, s = 1 / √(mean x² + ε) and h = g w, dx = s h − x s³ mean(h x) and dw = Σ g n.
    /// It goes over x half as often as the chain of operators, and keeps x and s alone.
    /// </summary>
    private sealed class Normalise : autograd.SingleTensorFunction<Normalise>
    {
        public override string Name => nameof(RmsNorm);

        public override Tensor forward(autograd.AutogradContext ctx, params object[] vars)
        {
            var (input, weight, epsilon, offset) = ((Tensor)vars[0], (Tensor)vars[1], (double)vars[2], (double)vars[3]);
            ctx.save_data("offset", offset);
            if (FusedOperators.Cover(input))
            {
                var (output, each) = FusedOperators.RmsNorm(input, weight.CastTo(input.dtype), epsilon, offset);
                ctx.save_for_backward([input, weight, each]);
                return output;
            }

            var x = Wide(input);
            var scale = x.square().mean([-1], keepdim: true).add(epsilon).rsqrt();       // [..., 1]
            ctx.save_for_backward([input, weight, scale]);
            var (normalised, factor) = (x.mul(scale), Factor(weight, offset, input.dtype));
            return normalised.CastTo(factor.dtype).mul_(factor).CastTo(input.dtype);
        }

        public override List<Tensor> backward(autograd.AutogradContext ctx, Tensor grad_output)
        {
            var saved = ctx.get_saved_variables();
            var (weight, scale, offset) = (saved[1], saved[2], (double)ctx.get_data("offset"));
            if (FusedOperators.Cover(saved[0]) && !weight.requires_grad)
                return [FusedOperators.RmsNormBackward(grad_output, saved[0], weight.CastTo(grad_output.dtype), scale, offset), null!, null!, null!];
            var x = Wide(saved[0]);
            scale = scale.view([.. x.shape[..^1], 1]);
            var factor = Factor(weight, offset, grad_output.dtype);
            var weighted = Wide(grad_output.CastTo(factor.dtype).mul(factor));
            var along = weighted.mul(x).mean([-1], keepdim: true).mul(scale.pow(3));     // [..., 1]
            var gradient = weighted.mul_(scale).addcmul_(x, along, -1).CastTo(saved[0].dtype);
            if (!weight.requires_grad) return [gradient, null!, null!, null!];
            var normalised = x.mul(scale).CastTo(grad_output.dtype);
            var ofWeight = grad_output.mul(normalised).reshape(-1, weight.shape[0]).sum(0L).CastTo(weight.dtype);
            return [gradient, ofWeight, null!, null!];
        }

        /// <summary>What the normalised input is multiplied by: the weight in the input's type, or, with an offset, their sum in the statistics' type.</summary>
        private static Tensor Factor(Tensor weight, double offset, ScalarType dtype) => offset == 0 ? weight.CastTo(dtype) : weight.CastTo(Wide(dtype)).add(offset);

        /// <summary>The statistics' type: fp32 at least.</summary>
        private static ScalarType Wide(ScalarType dtype) => dtype == ScalarType.Float64 ? dtype : ScalarType.Float32;

        private static Tensor Wide(Tensor tensor) => tensor.CastTo(Wide(tensor.dtype));
    }
}
