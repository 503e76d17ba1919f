using TrainMm.Core.Roles;

namespace TrainMm.Data.Media.Audio;

/// <summary>The samples themselves, [2, S], normalised as transformers' <c>Wav2Vec2FeatureExtractor</c> does.</summary>
/// <param name="spec">Sizes.</param>
internal sealed class WaveformFeatures(WaveformSpec spec) : IAudioFeatures
{
    private const double Epsilon = 1e-7;

    /// <inheritdoc/>
    public IReadOnlyList<long> Shape { get; } = [2, spec.Samples];

    /// <inheritdoc/>
    public float[] Of(ReadOnlySpan<float> samples)
    {
        if (!spec.Normalise) return samples.ToArray();
        var (mean, variance) = (0.0, 0.0);
        foreach (var sample in samples) mean += sample;
        mean /= samples.Length;
        foreach (var sample in samples) variance += (sample - mean) * (sample - mean);
        var scale = 1 / Math.Sqrt((variance / samples.Length) + Epsilon);
        var values = new float[samples.Length];
        for (var i = 0; i < values.Length; i++) values[i] = (float)((samples[i] - mean) * scale);
        return values;
    }

    /// <inheritdoc/>
    public void Expand(ReadOnlySpan<float> kept, Span<float> values)
    {
        values.Clear();
        kept.CopyTo(values);
        values.Slice(spec.Samples, kept.Length).Fill(1);
    }
}
