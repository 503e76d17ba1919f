using System.Globalization;
using TrainMm.Core.Diagnostics;

namespace TrainMm.Data.Media.Video;

/// <summary>Writes MP4 files that every browser plays: H.264, 4:2:0, without sound. ffmpeg encodes them with libx264, a process for each video; the same frames give the same bytes with the same ffmpeg.</summary>
public static class Mp4File
{
    /// <summary>x264's constant rate factor: hardly a difference to be seen.</summary>
    private const string Quality = "18";

    /// <summary>Checks that videos can be written, before somebody takes the trouble to make one.</summary>
    /// <exception cref="DataException">There is no ffmpeg.</exception>
    public static void Check(VideoEncodeOptions? options = null) => Ffmpeg(options).Check();

    /// <summary>A whole file.</summary>
    /// <param name="width">Pixels; 4:2:0 has even sides, so an odd one gets a black column.</param>
    /// <param name="height">Pixels; an odd one gets a black row.</param>
    /// <param name="framesPerSecond">At least 1.</param>
    /// <param name="frames">[F, H, W, 3], rows top down.</param>
    /// <param name="options">The program; null for the defaults.</param>
    /// <exception cref="ArgumentException">The bytes are no whole number of frames, or none.</exception>
    /// <exception cref="DataException">There is no ffmpeg, it cannot write H.264, or it takes too long.</exception>
    public static byte[] Encode(int width, int height, int framesPerSecond, byte[] frames, VideoEncodeOptions? options = null)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(framesPerSecond);
        if (frames.Length == 0 || frames.Length % (width * height * 3) != 0) throw new ArgumentException($"{frames.Length} bytes are no frames of {width} × {height} pixels.", nameof(frames));
        string[] arguments =
        [
            "-f", "rawvideo", "-pix_fmt", "rgb24", "-s", $"{width}x{height}", "-r", framesPerSecond.ToString(CultureInfo.InvariantCulture), "-i", "pipe:0",
            "-vf", "pad=ceil(iw/2)*2:ceil(ih/2)*2", "-c:v", "libx264", "-crf", Quality, "-pix_fmt", "yuv420p",
            // One thread, since x264's choices depend on how many there are; no version and no time in the file; the index in front, so that a page plays it while it loads.
            "-threads", "1", "-fflags", "+bitexact", "-flags:v", "+bitexact", "-movflags", "+faststart",
        ];
        return Ffmpeg(options).Make(frames, arguments, "made.mp4");
    }

    private static FfmpegProcess Ffmpeg(VideoEncodeOptions? options)
    {
        var chosen = options ?? new VideoEncodeOptions();
        return new FfmpegProcess(chosen.Ffmpeg, chosen.FfmpegTimeout, "The video cannot be written", "Videos are not written without ffmpeg");
    }
}
