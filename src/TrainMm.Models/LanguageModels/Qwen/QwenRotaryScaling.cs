using TrainMm.Models.Layers;
using static TorchSharp.torch;

namespace TrainMm.Models.LanguageModels.Qwen;

/// <summary>
/// A base that grows in steps with texts longer than those of pre-training (dynamic NTK scaling as Qwen has it): θ α^(d/(d−2)) with α = max(1, 2^⌈log₂(n/s) + 1⌉ − 1), n being each text's own length.
/// Each call looks at the length that its texts have by then, where Qwen's own code keeps α as the prompt had it while it generates.
/// </summary>
/// <param name="TrainedLength">s.</param>
internal sealed record QwenRotaryScaling(int TrainedLength) : RotaryScaling
{
    /// <inheritdoc/>
    public override Tensor Frequencies(int width, double theta, Tensor positions)
    {
        var lengths = positions.max(-1, keepdim: true).Item1.add(1);                                    // [B, 1]
        var alpha = full([1], 2, ScalarType.Float32, positions.device)
            .pow(lengths.div(TrainedLength).log2().add(1).ceil()).sub(1).clamp(min: 1);                 // [B, 1]
        var bases = alpha.pow(width / (width - 2.0)).mul(theta).unsqueeze(-1);                          // [B, 1, 1]
        var steps = arange(0, width, 2, ScalarType.Float32, positions.device).div(width);               // [d/2]
        return bases.pow(steps).reciprocal();                                                           // [B, 1, d/2]
    }
}
