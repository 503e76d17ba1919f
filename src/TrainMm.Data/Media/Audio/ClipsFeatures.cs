using TrainMm.Core.Roles;

namespace TrainMm.Data.Media.Audio;

/// <summary>Several clips of a sound, [C, M, T]; what is kept of each is what its filter bank keeps, equally much.</summary>
/// <param name="spec">Sizes.</param>
internal sealed class ClipsFeatures(ClipsSpec spec) : IAudioFeatures
{
    private readonly FilterBankFeatures clip = new(spec.Clip);

    /// <inheritdoc/>
    public IReadOnlyList<long> Shape { get; } = [spec.Clips, spec.Clip.MelBins + (spec.Clip.Masked ? 1 : 0), spec.Clip.Frames];

    /// <inheritdoc/>
    public float[] Of(ReadOnlySpan<float> samples)
    {
        var length = Math.Min(samples.Length, spec.Clip.Samples);
        var kept = new List<float>();
        for (var i = 0; i < spec.Clips; i++) kept.AddRange(clip.Of(samples.Slice(StartOf(i, samples.Length), length)));
        return [.. kept];
    }

    /// <inheritdoc/>
    public void Expand(ReadOnlySpan<float> kept, Span<float> values)
    {
        var (stored, size) = (kept.Length / spec.Clips, values.Length / spec.Clips);
        for (var i = 0; i < spec.Clips; i++) clip.Expand(kept.Slice(i * stored, stored), values.Slice(i * size, size));
    }

    /// <summary>The sample at which a clip begins, rounded down.</summary>
    private int StartOf(int clip, int samples) => (int)((long)Math.Max(0, samples - spec.Clip.Samples) * clip / Math.Max(1, spec.Clips - 1));
}
