using TrainMm.Core.Roles;

namespace TrainMm.Data.Media.Audio;

/// <summary>Whisper's features (arXiv:2212.04356, section 2.2), as transformers' <c>WhisperFeatureExtractor</c> computes them: in double, and in float from the logarithm on.</summary>
/// <param name="spec">Sizes.</param>
internal sealed class LogMelSpectrogram(LogMelSpec spec)
{
    private const double Floor = 1e-10;

    /// <summary>How far below the clip's loudest cell a cell may be, in powers of ten.</summary>
    private const float Range = 8;

    // The reference has a last frame more than these, centred behind the last sample, and drops it.
    private readonly MelSpectrogram spectrogram = new(spec.SampleRate, spec.MelBins, spec.FftLength, spec.HopLength, margin: spec.FftLength / 2, ofAmplitudes: false, sum => (float)Math.Log10(Math.Max(Floor, sum)));

    /// <summary>The features of S samples.</summary>
    /// <returns>[M, T].</returns>
    public float[] Of(ReadOnlySpan<float> samples)
    {
        var values = spectrogram.Of(samples, spec.Frames);
        var lowest = values.Max() - Range;
        for (var i = 0; i < values.Length; i++) values[i] = (Math.Max(values[i], lowest) + 4) / 4;
        return values;
    }
}
