using System.Numerics;
using TrainMm.Core.Roles;

namespace TrainMm.Data.Media.Audio;

/// <summary>Whisper's features (arXiv:2212.04356, section 2.2), as transformers' <c>WhisperFeatureExtractor</c> computes them: in double, and in float from the logarithm on.</summary>
/// <param name="spec">Sizes.</param>
internal sealed class LogMelSpectrogram(LogMelSpec spec)
{
    private const double Floor = 1e-10;

    /// <summary>How far below the clip's loudest cell a cell may be, in powers of ten.</summary>
    private const float Range = 8;

    private readonly FourierTransform transform = new(spec.FftLength);
    private readonly MelFilters filters = MelFilters.Slaney(spec.MelBins, spec.FftLength, spec.SampleRate);
    private readonly double[] window = [.. Enumerable.Range(0, spec.FftLength).Select(i => 0.5 - (0.5 * Math.Cos(2 * Math.PI * i / spec.FftLength)))];

    /// <summary>The features of S samples.</summary>
    /// <returns>[M, T].</returns>
    public float[] Of(ReadOnlySpan<float> samples)
    {
        var padded = Reflected(samples, spec.FftLength / 2);
        var (signals, scratch) = (new Complex[spec.FftLength], new Complex[spec.FftLength]);
        var bins = (spec.FftLength / 2) + 1;
        var (first, second) = (new double[bins], new double[bins]);
        var values = new float[spec.MelBins * spec.Frames];
        for (var frame = 0; frame < spec.Frames; frame += 2)
        {
            // The reference has a last frame more than this, centred behind the last sample, and drops it; here it may be the second of a pair.
            for (var i = 0; i < window.Length; i++) signals[i] = window[i] * new Complex(padded[(frame * spec.HopLength) + i], padded[((frame + 1) * spec.HopLength) + i]);
            transform.Powers(signals, scratch, first, second);
            Write(first, frame, values);
            if (frame + 1 < spec.Frames) Write(second, frame + 1, values);
        }

        var lowest = values.Max() - Range;
        for (var i = 0; i < values.Length; i++) values[i] = (Math.Max(values[i], lowest) + 4) / 4;
        return values;
    }

    private void Write(double[] powers, int frame, float[] values)
    {
        for (var mel = 0; mel < spec.MelBins; mel++) values[(mel * spec.Frames) + frame] = (float)Math.Log10(Math.Max(Floor, filters.Energy(mel, powers)));
    }

    private static float[] Reflected(ReadOnlySpan<float> samples, int margin)
    {
        var padded = new float[samples.Length + (2 * margin)];
        samples.CopyTo(padded.AsSpan(margin));
        for (var i = 1; i <= margin; i++)
        {
            padded[margin - i] = samples[i];
            padded[^(margin - i + 1)] = samples[samples.Length - 1 - i];
        }

        return padded;
    }
}
