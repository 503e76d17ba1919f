namespace TrainMm.Data.Media.Video;

/// <summary>How videos are decoded.</summary>
public sealed record VideoDecodeOptions
{
    /// <summary>Pixels that a frame may have; a video of larger ones is refused.</summary>
    public long MaxPixels { get; init; } = 8192L * 4320;

    /// <summary>The program that decodes videos.</summary>
    public string Ffmpeg { get; init; } = FfmpegProcess.DefaultProgram;

    /// <summary>How long it may take to count a video's frames, and again to decode those that are wanted; then it is killed.</summary>
    public TimeSpan FfmpegTimeout { get; init; } = TimeSpan.FromMinutes(2);
}
