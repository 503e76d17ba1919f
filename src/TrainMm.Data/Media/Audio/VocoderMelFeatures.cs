using TrainMm.Core.Roles;

namespace TrainMm.Data.Media.Audio;

/// <summary>The spectrogram that a vocoder makes sound of, [M, T]: silence makes a short clip up to the length and takes part in it, so all of it is kept.</summary>
/// <param name="spec">Sizes.</param>
internal sealed class VocoderMelFeatures(VocoderMelSpec spec) : IAudioFeatures
{
    /// <summary>The quietest amplitude that is told from silence.</summary>
    private const double Floor = 1e-5;

    /// <summary>The largest sample of a clip that is levelled, and what keeps silence from being divided by zero.</summary>
    private const float Peak = 0.5f;
    private const float Silence = 1e-8f;

    private readonly MelSpectrogram spectrogram = new(
        spec.SampleRate, spec.MelBins, spec.FftLength, spec.HopLength, margin: (spec.FftLength - spec.HopLength) / 2, ofAmplitudes: true, sum => (float)Math.Log(Math.Max(Floor, sum)));

    /// <inheritdoc/>
    public IReadOnlyList<long> Shape { get; } = [spec.MelBins, spec.Frames];

    /// <inheritdoc/>
    public float[] Of(ReadOnlySpan<float> samples)
    {
        var padded = new float[spec.Samples];
        samples.CopyTo(padded);
        if (spec.Level) Levelled(padded.AsSpan(0, samples.Length));
        return spectrogram.Of(padded, spec.Frames);
    }

    /// <inheritdoc/>
    public void Expand(ReadOnlySpan<float> kept, Span<float> values) => kept.CopyTo(values);

    private static void Levelled(Span<float> samples)
    {
        var sum = 0.0;
        foreach (var sample in samples) sum += sample;
        var (mean, largest) = ((float)(sum / Math.Max(1, samples.Length)), 0f);
        foreach (ref var sample in samples)
        {
            sample -= mean;
            largest = Math.Max(largest, Math.Abs(sample));
        }

        foreach (ref var sample in samples) sample = sample / (largest + Silence) * Peak;
    }
}
