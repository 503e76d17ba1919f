namespace TrainMm.Data.Media.Audio;

/// <summary>One kind of features, in the two steps of <see cref="IMediaPreprocessor"/>.</summary>
internal interface IAudioFeatures
{
    /// <summary>The shape of one clip's values.</summary>
    IReadOnlyList<long> Shape { get; }

    /// <summary>What is kept of a clip.</summary>
    /// <param name="samples">At the encoder's rate, no longer than it takes.</param>
    float[] Of(ReadOnlySpan<float> samples);

    /// <summary>Writes the values of what was kept, padding included.</summary>
    void Expand(ReadOnlySpan<float> kept, Span<float> values);
}
