using static TorchSharp.torch;

namespace TrainMm.Models.Layers;

/// <summary>How a rotary embedding is stretched for contexts longer than those it was trained on. A kind overrides what it changes: the positions or the frequencies.</summary>
public record RotaryScaling
{
    /// <summary>No stretching.</summary>
    public static RotaryScaling None { get; } = new();

    /// <summary>The positions that the angles are computed from: [B, T] fp32 → [B, T] fp32.</summary>
    public virtual Tensor Positions(Tensor positions) => positions;

    /// <summary>The angle that each pair of dimensions turns by at each position: θ^(−2i/d).</summary>
    /// <param name="width">d.</param>
    /// <param name="theta">θ.</param>
    /// <param name="positions">[B, T] fp32, for kinds that look at how long the sequence is.</param>
    /// <returns>[d/2] fp32.</returns>
    public virtual Tensor Frequencies(int width, double theta, Tensor positions)
    {
        var steps = arange(0, width, 2, ScalarType.Float32, positions.device).div(width);                 // [d/2]
        return full([1], theta, ScalarType.Float32, positions.device).pow(steps).reciprocal();            // [d/2]
    }
}

/// <summary>Positions divided by a factor (position interpolation, arXiv:2306.15595).</summary>
/// <param name="Factor">How many times longer the context becomes.</param>
public sealed record LinearRotaryScaling(double Factor) : RotaryScaling
{
    /// <inheritdoc/>
    public override Tensor Positions(Tensor positions) => positions.div(Factor);
}

/// <summary>
/// A base that grows with the sequence once it is longer than those of training (dynamic NTK scaling), θ (s·n/m − (s − 1))^(d/(d−2)), as Hugging Face computes it.
/// </summary>
/// <param name="Factor">s.</param>
/// <param name="MaxPositions">m, the longest sequence of training.</param>
public sealed record DynamicRotaryScaling(double Factor, int MaxPositions) : RotaryScaling
{
    /// <inheritdoc/>
    public override Tensor Frequencies(int width, double theta, Tensor positions)
    {
        var length = positions.max().item<float>() + 1;
        var grown = length <= MaxPositions ? theta : theta * Math.Pow((Factor * length / MaxPositions) - (Factor - 1), width / (width - 2.0));
        return base.Frequencies(width, grown, positions);
    }
}
