using TrainMm.Core.Config;
using TrainMm.Core.Roles;

namespace TrainMm.Models.Encoders.VideoFrames;

/// <summary>What is handed on of the features of a video's frames.</summary>
public enum FramePooling
{
    /// <summary>All, frame after frame.</summary>
    Frames,

    /// <summary>Each frame's mean over its features, then each feature's mean over the frames (Video-ChatGPT).</summary>
    TemporalSpatial,
}

/// <summary>A video's frames through an encoder of pictures.</summary>
public sealed class VideoFramesOptions
{
    /// <summary>The encoder of each frame; it takes pictures.</summary>
    [FromCatalog(typeof(EncoderCatalog))]
    public required Component<IModalityEncoder, EncoderContext> Encoder { get; init; }

    /// <summary>F, frames of each video: those at the middles of so many stretches of equal length.</summary>
    [AtLeast(1)]
    public int Frames { get; init; } = 5;

    /// <summary>What is handed on of the frames' features.</summary>
    public FramePooling Pooling { get; init; } = FramePooling.Frames;
}
