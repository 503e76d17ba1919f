using TrainMm.Core.Roles;

namespace TrainMm.Data.Media.Audio;

/// <summary>Kaldi's filter bank, [M, T] or, with the mask, [M + 1, T]. Frames are kept as they come, [T, M], those behind the clip's end left out.</summary>
/// <param name="spec">Sizes.</param>
internal sealed class FilterBankFeatures(FilterBankSpec spec) : IAudioFeatures
{
    private readonly KaldiFilterBank bank = new(spec.SampleRate, spec.MelBins, spec.Window);

    /// <inheritdoc/>
    public IReadOnlyList<long> Shape { get; } = [spec.MelBins + (spec.Masked ? 1 : 0), spec.Frames];

    /// <inheritdoc/>
    public float[] Of(ReadOnlySpan<float> samples)
    {
        var scaled = new float[samples.Length];
        for (var i = 0; i < scaled.Length; i++) scaled[i] = (float)(samples[i] * spec.Scale);
        return bank.Of(scaled);
    }

    /// <inheritdoc/>
    public void Expand(ReadOnlySpan<float> kept, Span<float> values)
    {
        values.Clear();
        var frames = Math.Min(spec.Frames, kept.Length / spec.MelBins);
        for (var mel = 0; mel < spec.MelBins; mel++)
        {
            for (var frame = 0; frame < spec.Frames; frame++)
            {
                var value = frame < frames ? kept[(frame * spec.MelBins) + mel] : 0;
                values[(mel * spec.Frames) + frame] = (float)((value - spec.Mean) / spec.Std);
            }
        }

        if (spec.Masked) values.Slice(spec.MelBins * spec.Frames, frames).Fill(1);
    }
}
