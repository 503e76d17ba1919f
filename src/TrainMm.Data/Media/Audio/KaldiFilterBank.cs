using System.Numerics;
using TrainMm.Core.Roles;

namespace TrainMm.Data.Media.Audio;

/// <summary>Kaldi's log-mel filter bank with the settings that audio encoders use (torchaudio's <c>compliance.kaldi.fbank</c>): whole windows alone, no energy, no dither.</summary>
/// <param name="sampleRate">Samples a second.</param>
/// <param name="melBins">M.</param>
/// <param name="window">The window.</param>
internal sealed class KaldiFilterBank(int sampleRate, int melBins, KaldiWindow window)
{
    private const double PreEmphasis = 0.97;

    /// <summary>The smallest difference of floats about 1: below it the logarithm is not taken.</summary>
    private const double Floor = 1.1920928955078125e-07;

    private readonly int length = sampleRate * 25 / 1000;
    private readonly int hop = sampleRate * 10 / 1000;
    private readonly double[] weights = Weights(sampleRate * 25 / 1000, window);
    private readonly FourierTransform transform = new(FftLength(sampleRate));
    private readonly MelFilters filters = MelFilters.Kaldi(melBins, FftLength(sampleRate), sampleRate);

    /// <summary>T of so many samples.</summary>
    public int Frames(int samples) => samples < length ? 0 : 1 + ((samples - length) / hop);

    /// <summary>The logarithms of the filters' energies.</summary>
    /// <returns>[T, M].</returns>
    public float[] Of(ReadOnlySpan<float> samples)
    {
        var frames = Frames(samples.Length);
        var size = FftLength(sampleRate);
        var (signals, scratch) = (new Complex[size], new Complex[size]);
        var (first, second) = (new double[(size / 2) + 1], new double[(size / 2) + 1]);
        var values = new float[frames * melBins];
        var silence = new double[length];
        for (var frame = 0; frame < frames; frame += 2)
        {
            var real = Windowed(samples.Slice(frame * hop, length));
            var imaginary = frame + 1 < frames ? Windowed(samples.Slice((frame + 1) * hop, length)) : silence;
            Array.Clear(signals);
            for (var i = 0; i < length; i++) signals[i] = new Complex(real[i], imaginary[i]);
            transform.Powers(signals, scratch, first, second);
            Write(first, values.AsSpan(frame * melBins, melBins));
            if (frame + 1 < frames) Write(second, values.AsSpan((frame + 1) * melBins, melBins));
        }

        return values;
    }

    /// <summary>A frame without its mean, pre-emphasised (its first sample by itself), under the window.</summary>
    private double[] Windowed(ReadOnlySpan<float> frame)
    {
        var mean = 0.0;
        foreach (var sample in frame) mean += sample / (double)length;
        var values = new double[length];
        for (var i = 0; i < length; i++) values[i] = (frame[i] - mean - (PreEmphasis * (frame[Math.Max(0, i - 1)] - mean))) * weights[i];
        return values;
    }

    private void Write(double[] powers, Span<float> values)
    {
        for (var mel = 0; mel < melBins; mel++) values[mel] = (float)Math.Log(Math.Max(Floor, filters.Energy(mel, powers)));
    }

    /// <summary>The next power of two.</summary>
    private static int FftLength(int sampleRate) => (int)BitOperations.RoundUpToPowerOf2((uint)(sampleRate * 25 / 1000));

    private static double[] Weights(int length, KaldiWindow window)
    {
        var hann = Enumerable.Range(0, length).Select(i => 0.5 - (0.5 * Math.Cos(2 * Math.PI * i / (length - 1))));
        return window == KaldiWindow.Povey ? [.. hann.Select(weight => Math.Pow(weight, 0.85))] : [.. hann];
    }
}
