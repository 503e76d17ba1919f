namespace TrainMm.Data.Media;

/// <summary>
/// Brings a medium into the tensor that an encoder wants, in two steps: <see cref="Prepare"/> decodes and resizes into a compact form worth keeping between
/// epochs, <see cref="Expand"/> turns that into float values. Thread-safe.
/// </summary>
public interface IMediaPreprocessor
{
    /// <summary>The shape of one medium's values, without the item dimension: [3, H, W] for an image.</summary>
    IReadOnlyList<long> Shape { get; }

    /// <summary>Decodes and fits one medium.</summary>
    /// <param name="medium">The file's content.</param>
    /// <param name="origin">Names the medium in an error.</param>
    /// <exception cref="Core.Diagnostics.DataException">The medium cannot be used.</exception>
    byte[] Prepare(ReadOnlySpan<byte> medium, string origin);

    /// <summary>Writes a prepared medium's values, in <see cref="Shape"/>'s order.</summary>
    void Expand(ReadOnlySpan<byte> prepared, Span<float> values);
}
