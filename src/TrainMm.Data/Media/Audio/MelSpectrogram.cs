using System.Numerics;

namespace TrainMm.Data.Media.Audio;

/// <summary>What mel filters let through of a Hann window's spectrum, at equal distances; in double until <paramref name="value"/> makes a float of it.</summary>
/// <param name="rate">Samples a second.</param>
/// <param name="melBins">M, filters on Slaney's scale.</param>
/// <param name="fftLength">Samples of the window.</param>
/// <param name="hopLength">Samples from a window to the next.</param>
/// <param name="margin">Samples that are mirrored at each end, at most as many as the clip has less one.</param>
/// <param name="ofAmplitudes">Whether the filters sum amplitudes rather than powers.</param>
/// <param name="value">A filter's sum → the value that is kept.</param>
internal sealed class MelSpectrogram(int rate, int melBins, int fftLength, int hopLength, int margin, bool ofAmplitudes, Func<double, float> value)
{
    private readonly FourierTransform transform = new(fftLength);
    private readonly MelFilters filters = MelFilters.Slaney(melBins, fftLength, rate);
    private readonly double[] window = [.. Enumerable.Range(0, fftLength).Select(i => 0.5 - (0.5 * Math.Cos(2 * Math.PI * i / fftLength)))];

    /// <summary>The first T columns.</summary>
    /// <returns>[M, T].</returns>
    public float[] Of(ReadOnlySpan<float> samples, int frames)
    {
        var padded = Reflected(samples);
        var (signals, scratch) = (new Complex[fftLength], new Complex[fftLength]);
        var bins = (fftLength / 2) + 1;
        var (first, second) = (new double[bins], new double[bins]);
        var values = new float[melBins * frames];
        for (var frame = 0; frame < frames; frame += 2)
        {
            for (var i = 0; i < window.Length; i++) signals[i] = window[i] * new Complex(padded[(frame * hopLength) + i], padded[((frame + 1) * hopLength) + i]);
            transform.Powers(signals, scratch, first, second);
            Write(first, frame);
            if (frame + 1 < frames) Write(second, frame + 1);
        }

        return values;

        void Write(double[] powers, int frame)
        {
            if (ofAmplitudes)
            {
                for (var i = 0; i < bins; i++) powers[i] = Math.Sqrt(powers[i]);
            }

            for (var mel = 0; mel < melBins; mel++) values[(mel * frames) + frame] = value(filters.Energy(mel, powers));
        }
    }

    /// <summary>The samples between their mirrored ends, and a hop more: an odd last column is computed with the one that would follow.</summary>
    private float[] Reflected(ReadOnlySpan<float> samples)
    {
        var padded = new float[samples.Length + (2 * margin) + hopLength];
        samples.CopyTo(padded.AsSpan(margin));
        for (var i = 1; i <= margin; i++)
        {
            padded[margin - i] = samples[i];
            padded[margin + samples.Length - 1 + i] = samples[samples.Length - 1 - i];
        }

        return padded;
    }
}
