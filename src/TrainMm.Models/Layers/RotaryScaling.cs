using static TorchSharp.torch;

namespace TrainMm.Models.Layers;

/// <summary>How a rotary embedding is stretched for contexts longer than those it was trained on. A kind overrides what it changes: the positions or the frequencies.</summary>
public record RotaryScaling
{
    /// <summary>No stretching.</summary>
    public static RotaryScaling None { get; } = new();

    /// <summary>The positions that the angles are computed from: [B, T] fp32 → [B, T] fp32.</summary>
    public virtual Tensor Positions(Tensor positions) => positions;

    /// <summary>What cosine and sine are multiplied by, and so, squared, the scores.</summary>
    public virtual double Amplitude => 1;

    /// <summary>The angle that each pair of dimensions turns by at each position: θ^(−2i/d).</summary>
    /// <param name="width">d.</param>
    /// <param name="theta">θ.</param>
    /// <param name="positions">[B, T] fp32, for kinds that look at how long the sequence is.</param>
    /// <returns>[d/2] fp32, or [B, 1, d/2] where they are each text's own.</returns>
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

/// <summary>
/// Frequencies slowed by their wavelength (Llama 3, arXiv:2407.21783, and its published code): waves longer than m / l are divided by the factor, those shorter than m / h stay,
/// and between the two the change is gradual.
/// </summary>
/// <param name="Factor">By how much long waves are slowed.</param>
/// <param name="LowFrequencyFactor">l.</param>
/// <param name="HighFrequencyFactor">h.</param>
/// <param name="OriginalMaxPositions">m, the longest sequence before the stretching.</param>
public sealed record Llama3RotaryScaling(double Factor, double LowFrequencyFactor, double HighFrequencyFactor, int OriginalMaxPositions) : RotaryScaling
{
    /// <inheritdoc/>
    public override Tensor Frequencies(int width, double theta, Tensor positions)
    {
        var frequencies = base.Frequencies(width, theta, positions);                                                     // [d/2]
        var turns = frequencies.mul(OriginalMaxPositions / (2 * Math.PI));                                               // [d/2], m / wavelength
        var kept = turns.sub(LowFrequencyFactor).div(HighFrequencyFactor - LowFrequencyFactor).clamp(min: 0, max: 1);    // [d/2], 1 where a wave is short
        return frequencies.mul(kept.add(kept.neg().add(1).div(Factor)));
    }
}

/// <summary>
/// YaRN (arXiv:2309.00071, sections 3.2 to 3.4): dimensions that turn more than β_fast times over the original length stay, those that turn less than β_slow times are slowed by the factor,
/// those between gradually, by their number; and scores grow with the factor.
/// </summary>
/// <param name="Factor">How many times longer the context becomes.</param>
/// <param name="OriginalMaxPositions">The longest sequence before the stretching.</param>
/// <param name="BetaFast">β_fast.</param>
/// <param name="BetaSlow">β_slow.</param>
/// <param name="AttentionFactor">What cosine and sine are multiplied by; null is 0.1 ln(factor) + 1.</param>
public sealed record YarnRotaryScaling(double Factor, int OriginalMaxPositions, double BetaFast = 32, double BetaSlow = 1, double? AttentionFactor = null) : RotaryScaling
{
    /// <inheritdoc/>
    public override double Amplitude => AttentionFactor ?? (Factor <= 1 ? 1 : (0.1 * Math.Log(Factor)) + 1);

    /// <inheritdoc/>
    public override Tensor Frequencies(int width, double theta, Tensor positions)
    {
        var low = Math.Max(Math.Floor(DimensionOf(BetaFast, width, theta)), 0);
        var high = Math.Min(Math.Ceiling(DimensionOf(BetaSlow, width, theta)), width - 1);
        if (low == high) high += 0.001; // else the ramp would divide by zero
        var slowed = arange(0, width / 2, ScalarType.Float32, positions.device).sub(low).div(high - low).clamp(min: 0, max: 1); // [d/2], 1 where a dimension turns slowly
        return base.Frequencies(width, theta, positions).mul(slowed.div(Factor).add(slowed.neg().add(1)));
    }

    /// <summary>The number of the dimension that turns so often over the original length.</summary>
    private double DimensionOf(double turns, int width, double theta) => width * Math.Log(OriginalMaxPositions / (turns * 2 * Math.PI)) / (2 * Math.Log(theta));
}
