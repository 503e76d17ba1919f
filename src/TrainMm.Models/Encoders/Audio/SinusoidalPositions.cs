using TorchSharp.Modules;
using static TorchSharp.torch;

namespace TrainMm.Models.Encoders.Audio;

/// <summary>Whisper's fixed positions: sines in the first half of the dimensions, cosines in the second, of wavelengths from 2π to 10000 · 2π.</summary>
internal static class SinusoidalPositions
{
    private const double LongestWave = 10_000;

    /// <summary>Writes the table.</summary>
    /// <param name="table">[N, De].</param>
    public static void Fill(Parameter table)
    {
        if (table.is_meta) return;
        using var scope = NewDisposeScope();
        using var guard = no_grad();
        var half = table.shape[1] / 2;
        var steps = arange(half, ScalarType.Float64).mul(-Math.Log(LongestWave) / Math.Max(1, half - 1)).exp();   // [De/2]
        var angles = arange(table.shape[0], ScalarType.Float64).unsqueeze(1).mul(steps);                          // [N, De/2]
        var waves = cat([angles.sin(), angles.cos()], 1);                                                         // [N, De], one short where De is odd
        table.detach().narrow(1, 0, 2 * half).copy_(waves);
    }
}
