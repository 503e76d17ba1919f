using TrainMm.Core.Roles;

namespace TrainMm.Data.Media.Audio;

/// <summary>Whisper's spectrogram, [M, T], of a clip that silence makes up to the encoder's length: the silence takes part in it, so all of it is kept.</summary>
/// <param name="spec">Sizes.</param>
internal sealed class LogMelFeatures(LogMelSpec spec) : IAudioFeatures
{
    private readonly LogMelSpectrogram spectrogram = new(spec);

    /// <inheritdoc/>
    public IReadOnlyList<long> Shape { get; } = [spec.MelBins, spec.Frames];

    /// <inheritdoc/>
    public float[] Of(ReadOnlySpan<float> samples)
    {
        var padded = new float[spec.Samples];
        samples.CopyTo(padded);
        return spectrogram.Of(padded);
    }

    /// <inheritdoc/>
    public void Expand(ReadOnlySpan<float> kept, Span<float> values) => kept.CopyTo(values);
}
