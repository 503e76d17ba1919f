namespace TrainMm.Data.Media.Audio;

/// <summary>How sound is decoded.</summary>
public sealed record AudioDecodeOptions
{
    /// <summary>The environment variable that names the program.</summary>
    public const string FfmpegVariable = FfmpegProcess.Variable;

    /// <summary>Clips that last longer are refused, however they are compressed.</summary>
    public double MaxSeconds { get; init; } = 3600;

    /// <summary>The program that decodes what is no WAV.</summary>
    public string Ffmpeg { get; init; } = FfmpegProcess.DefaultProgram;

    /// <summary>How long it may take for one clip; then it is killed.</summary>
    public TimeSpan FfmpegTimeout { get; init; } = TimeSpan.FromMinutes(2);
}
