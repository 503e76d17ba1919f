namespace TrainMm.Data.Media.Video;

/// <summary>How videos are encoded.</summary>
public sealed record VideoEncodeOptions
{
    /// <summary>The program that encodes videos.</summary>
    public string Ffmpeg { get; init; } = FfmpegProcess.DefaultProgram;

    /// <summary>How long it may take for one video; then it is killed.</summary>
    public TimeSpan FfmpegTimeout { get; init; } = TimeSpan.FromMinutes(10);
}
