using TrainMm.Core.Diagnostics;
using TrainMm.Core.Roles;

namespace TrainMm.Data.Media.Video;

/// <summary>A <see cref="VideoSpec"/> carried out: each chosen frame is prepared as a picture.</summary>
/// <param name="spec">What the encoder wants.</param>
/// <param name="options">Caps; null for the defaults.</param>
public sealed class VideoPreprocessor(VideoSpec spec, VideoDecodeOptions? options = null) : IMediaPreprocessor
{
    private readonly ImagePreprocessor frames = new(spec.Frame);

    /// <inheritdoc/>
    public IReadOnlyList<long> Shape { get; } = [spec.Frames, 3, spec.Frame.Height, spec.Frame.Width];

    /// <inheritdoc/>
    /// <exception cref="DataException">The video cannot be decoded, or its frames are too long and thin to be resized.</exception>
    public byte[] Prepare(ReadOnlySpan<byte> medium, string origin)
    {
        var decoded = VideoDecoder.Decode(medium, origin, spec.Frames, options);
        try
        {
            return [.. decoded.SelectMany(frame => frames.Fit(frame, origin))];
        }
        finally
        {
            foreach (var frame in decoded) frame.Dispose();
        }
    }

    /// <inheritdoc/>
    public void Expand(ReadOnlySpan<byte> prepared, Span<float> values)
    {
        var (bytes, floats) = (prepared.Length / spec.Frames, values.Length / spec.Frames);
        for (var i = 0; i < spec.Frames; i++) frames.Expand(prepared.Slice(i * bytes, bytes), values.Slice(i * floats, floats));
    }
}
