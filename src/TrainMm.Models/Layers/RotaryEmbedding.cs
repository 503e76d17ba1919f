using TrainMm.Torch;
using static TorchSharp.torch;

namespace TrainMm.Models.Layers;

/// <summary>
/// Rotary position embedding (RoFormer, arXiv:2104.09864) in Hugging Face's half-rotation layout: dimension i turns with dimension i + d/2.
/// Angles are computed in fp32 whatever the model's type.
/// </summary>
/// <param name="width">d, even: how many of a head's dimensions turn.</param>
/// <param name="theta">The base of the frequencies.</param>
/// <param name="scaling">How positions or frequencies are stretched for longer contexts.</param>
public sealed class RotaryEmbedding(int width, double theta, RotaryScaling scaling)
{
    /// <summary>The angles' cosine and sine for the positions of one call.</summary>
    /// <param name="positions">[B, T] int64.</param>
    /// <param name="dtype">The type in which queries and keys come.</param>
    /// <returns>The table, [B, 1, T, d].</returns>
    public RotaryTable At(Tensor positions, ScalarType dtype)
    {
        var real = positions.to_type(ScalarType.Float32);
        var frequencies = scaling.Frequencies(width, theta, real);                       // [d/2]
        var angles = scaling.Positions(real).unsqueeze(-1).mul(frequencies);             // [B, T, d/2]
        var (cosine, sine) = (angles.cos(), angles.sin());
        if (scaling.Amplitude != 1) (cosine, sine) = (cosine.mul(scaling.Amplitude), sine.mul(scaling.Amplitude));
        return new RotaryTable(
            cat([cosine, cosine], -1).unsqueeze(1).CastTo(dtype),                        // [B, 1, T, d]
            cat([sine.neg(), sine], -1).unsqueeze(1).CastTo(dtype));                     // [B, 1, T, d]
    }
}

/// <summary>Cosine and sine of the angles of one call's positions.</summary>
/// <param name="Cosine">[B, 1, T, d].</param>
/// <param name="SignedSine">[B, 1, T, d], negative in the first half: the sign that a half takes as it changes places is in the table, which is small.</param>
public sealed record RotaryTable(Tensor Cosine, Tensor SignedSine)
{
    /// <summary>Turns queries or keys: [B, heads, T, h] → [B, heads, T, h]. Of heads wider than the table the first d dimensions turn, the others stay.</summary>
    public Tensor Turn(Tensor heads)
    {
        var (width, turned) = (heads.shape[^1], Cosine.shape[^1]);
        if (width > turned) return cat([Turn(heads.narrow(-1, 0, turned)), heads.narrow(-1, turned, width - turned)], -1);
        using var scope = NewDisposeScope();
        return Turning.apply(heads, Cosine, SignedSine).MoveToOuterDisposeScope();
    }

    /// <summary>
    /// y = x cos + x' sin, x' being x with its halves exchanged. The gradient is the turn back, g cos − g' sin: as many passes as forward, where the chain of
    /// operators would fill a whole tensor with zeros for each half.
    /// </summary>
    private sealed class Turning : autograd.SingleTensorFunction<Turning>
    {
        public override string Name => nameof(RotaryEmbedding);

        public override Tensor forward(autograd.AutogradContext ctx, params object[] vars)
        {
            var (heads, cosine, sine) = ((Tensor)vars[0], (Tensor)vars[1], (Tensor)vars[2]);
            ctx.save_for_backward([cosine, sine]);
            return Turned(heads, cosine, sine, 1);
        }

        public override List<Tensor> backward(autograd.AutogradContext ctx, Tensor grad_output)
        {
            var saved = ctx.get_saved_variables();
            return [Turned(grad_output, saved[0], saved[1], -1), null!, null!];
        }

        private static Tensor Turned(Tensor heads, Tensor cosine, Tensor sine, int direction)
        {
            if (FusedOperators.Cover(heads)) return FusedOperators.Turn(heads.stride(-1) == 1 ? heads : heads.contiguous(), cosine, sine, direction);
            var half = heads.shape[^1] / 2;
            var exchanged = cat([heads.narrow(-1, half, half), heads.narrow(-1, 0, half)], -1);
            return heads.mul(cosine).addcmul_(exchanged, sine, direction);
        }
    }
}
