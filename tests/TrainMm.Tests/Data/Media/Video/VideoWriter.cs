using System.Diagnostics;
using TrainMm.Data.Media.Video;

namespace TrainMm.Tests.Data.Media.Video;

/// <summary>Writes videos that lose nothing, through ffmpeg itself.</summary>
internal static class VideoWriter
{
    /// <summary>A Matroska file with FFV1.</summary>
    /// <param name="folder">Where to work.</param>
    /// <param name="pixmaps">The frames, each a whole <c>P6</c> file.</param>
    public static byte[] Write(string folder, IReadOnlyList<byte[]> pixmaps)
    {
        var (source, target) = (Path.Combine(folder, "source.ppm"), Path.Combine(folder, "target.mkv"));
        File.WriteAllBytes(source, [.. pixmaps.SelectMany(each => each)]);
        string[] arguments = ["-nostdin", "-loglevel", "error", "-y", "-f", "image2pipe", "-c:v", "ppm", "-framerate", "10", "-i", source, "-c:v", "ffv1", "-pix_fmt", "bgr0", target];
        using var process = Process.Start(new VideoDecodeOptions().Ffmpeg, arguments);
        process.WaitForExit();
        Assert.Equal(0, process.ExitCode);
        return File.ReadAllBytes(target);
    }
}
