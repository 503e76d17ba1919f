using System.Globalization;
using System.Text;
using TrainMm.Core.Diagnostics;

namespace TrainMm.Data.Media.Video;

/// <summary>
/// Videos to some of their frames, through ffmpeg: one call decodes the first video track and counts its frames, since what a file's header says of them need not be so; another gives
/// the frames that are wanted. Thread-safe.
/// </summary>
public static class VideoDecoder
{
    private const int ReportCapacity = 1 << 24;

    /// <summary>Decodes the frames that <see cref="FrameChoice"/> chooses.</summary>
    /// <param name="bytes">The file's content.</param>
    /// <param name="origin">Names the video in an error.</param>
    /// <param name="wanted">F, at least 1.</param>
    /// <param name="options">Caps; null for the defaults.</param>
    /// <returns>F frames in their order, turned as the file says; the caller disposes them. One that is wanted more than once is there more than once.</returns>
    /// <exception cref="DataException">There is no ffmpeg; or the video is damaged, has no frame, or has too large ones.</exception>
    public static IReadOnlyList<RgbImage> Decode(ReadOnlySpan<byte> bytes, string origin, int wanted, VideoDecodeOptions? options = null)
    {
        var caps = options ?? new VideoDecodeOptions();
        var ffmpeg = new FfmpegProcess(caps.Ffmpeg, caps.FfmpegTimeout, "The video cannot be used", "Videos are not read without ffmpeg");
        return FfmpegProcess.WithFile(bytes, file => Frames(ffmpeg, file, origin, FrameChoice.Of(Count(ffmpeg, file, origin), wanted), caps));
    }

    /// <summary>How many frames ffmpeg makes of the file; its running report says so line by line, the last time at the end.</summary>
    private static long Count(FfmpegProcess ffmpeg, string file, string origin)
    {
        const string Frames = "frame=";
        var (report, said) = ffmpeg.Run(file, ["-map", "0:v:0", "-progress", "pipe:1", "-f", "null", "-"], ReportCapacity, "an endless report", origin);
        var last = Encoding.ASCII.GetString(report).Split('\n').LastOrDefault(line => line.StartsWith(Frames, StringComparison.Ordinal));
        return long.TryParse(last?[Frames.Length..].Trim(), NumberStyles.None, CultureInfo.InvariantCulture, out var count) && count > 0
            ? count
            : throw ffmpeg.Unusable($"ffmpeg found no frame in it.{said}", origin);
    }

    private static List<RgbImage> Frames(FfmpegProcess ffmpeg, string file, string origin, IReadOnlyList<long> chosen, VideoDecodeOptions caps)
    {
        var distinct = chosen.Distinct().ToArray();

        // New times, a frame apart, keep ffmpeg from filling what was left out with copies.
        var filter = $"select='{string.Join('+', distinct.Select(number => $"eq(n,{number})"))}',setpts=N/(25*TB)";
        string[] arguments = ["-map", "0:v:0", "-vf", filter, "-r", "25", "-frames:v", $"{distinct.Length}", "-c:v", "ppm", "-pix_fmt", "rgb24", "-f", "image2pipe", "pipe:1"];
        var (pixmaps, said) = ffmpeg.Run(file, arguments, distinct.Length * PixmapReader.BytesOf(caps.MaxPixels), $"frames of more than {caps.MaxPixels} pixels of it", origin);
        var frames = new List<RgbImage>();
        try
        {
            var at = 0;
            foreach (var repeats in distinct.Select(number => chosen.Count(each => each == number)))
            {
                var start = at;
                for (var i = 0; i < repeats; i++)
                {
                    at = start;
                    frames.Add(PixmapReader.Read(pixmaps, ref at) ?? throw ffmpeg.Unusable($"of {chosen.Count} frames ffmpeg gave {frames.Count}.{said}", origin));
                }
            }

            var (width, height) = (frames[0].Width, frames[0].Height);
            if ((long)width * height > caps.MaxPixels) throw ffmpeg.Unusable($"its frames have {width} x {height} pixels; {caps.MaxPixels} are allowed.", origin);
            return frames;
        }
        catch
        {
            foreach (var frame in frames) frame.Dispose();
            throw;
        }
    }
}
