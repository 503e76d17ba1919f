using System.Runtime.InteropServices;
using TrainMm.Core.Diagnostics;
using TrainMm.Core.Roles;

namespace TrainMm.Data.Media.Audio;

/// <summary>An <see cref="AudioSpec"/> carried out: decoded, brought to one channel at the encoder's rate, then to the features that it wants. Of a short clip only what is not padding is kept.</summary>
/// <param name="spec">What the encoder wants.</param>
/// <param name="options">Caps; null for the defaults.</param>
public sealed class AudioPreprocessor(AudioSpec spec, AudioDecodeOptions? options = null) : IMediaPreprocessor
{
    private readonly IAudioFeatures features = spec switch
    {
        WaveformSpec waveform => new WaveformFeatures(waveform),
        LogMelSpec mel => new LogMelFeatures(mel),
        VocoderMelSpec mel => new VocoderMelFeatures(mel),
        FilterBankSpec bank => new FilterBankFeatures(bank),
        ClipsSpec clips => new ClipsFeatures(clips),
        _ => throw new NotSupportedException($"No features are known for {spec.GetType().Name}."),
    };

    /// <inheritdoc/>
    public IReadOnlyList<long> Shape => features.Shape;

    /// <inheritdoc/>
    /// <exception cref="DataException">The clip cannot be decoded, or is longer than is taken.</exception>
    public byte[] Prepare(ReadOnlySpan<byte> medium, string origin)
    {
        var clip = AudioDecoder.Decode(medium, origin, options).At(spec.SampleRate);
        if (clip.Samples.Length > spec.Samples && spec.LongClips == LongClips.Fail)
        {
            throw new DataException(
                FormattableString.Invariant($"The clip cannot be used: it lasts {clip.Seconds:0.00} s, {(double)spec.Samples / spec.SampleRate:0.00} s are taken; `long_clips: cut` of the encoder or generator that takes it cuts its end off."), origin);
        }

        return MemoryMarshal.AsBytes(Of(clip.Samples).AsSpan()).ToArray();
    }

    /// <inheritdoc/>
    public void Expand(ReadOnlySpan<byte> prepared, Span<float> values) => features.Expand(MemoryMarshal.Cast<byte, float>(prepared), values);

    /// <summary>The features of a clip at the encoder's rate, as they are kept.</summary>
    internal float[] Of(ReadOnlySpan<float> samples) => features.Of(samples.Length > spec.Samples ? samples[..spec.Samples] : samples);
}
