using System.Diagnostics;
using System.Globalization;
using TrainMm.Core.Roles;
using TrainMm.Data.Media;

namespace TrainMm.Benchmarks;

/// <summary>JPEGs to an encoder's pixels on one core, in turns with libjpeg-turbo's decoding alone, called by a C program (peers/jpeg.c).</summary>
internal static class JpegPath
{
    private const int Pictures = 200;

    /// <summary>What LLaVA-1.5's encoder is fed: 336 pixels a side, CLIP's statistics.</summary>
    private static readonly ImageSpec Spec = new(
        336, 336, ImageFit.CenterCrop, Resampling.Bicubic, new ChannelStatistics(0.48145466, 0.4578275, 0.40821073), new ChannelStatistics(0.26862954, 0.26130258, 0.27577711));

    /// <summary>Measures the medians over rounds in which each has its turn.</summary>
    /// <param name="rounds">How many.</param>
    /// <param name="figures">Gets them by name; none where ffmpeg, which makes the picture, is missing, and libjpeg-turbo's own not without a C compiler.</param>
    public static void Measure(int rounds, Dictionary<string, double> figures)
    {
        if (Picture() is not { } jpeg)
        {
            Console.WriteLine("JPEG                               not measured: ffmpeg, which makes the picture, was not found");
            return;
        }

        figures["jpeg_bytes"] = jpeg.Length;
        var folder = Directory.CreateTempSubdirectory("trainmm-jpeg-").FullName;
        using var peer = StartPeer(folder, jpeg);
        var preprocessor = new ImagePreprocessor(Spec);
        var ways = new Dictionary<string, Func<double>>(StringComparer.Ordinal)
        {
            ["jpeg_decode_images_per_second_core"] = () => Rate(() => ImageDecoder.Decode(jpeg, "the benchmark's picture").Dispose()),
            ["jpeg_images_per_second_core"] = () => Rate(() => preprocessor.Prepare(jpeg, "the benchmark's picture")),
        };
        if (peer is not null) ways["jpeg_libjpeg_turbo_images_per_second_core"] = () => Ask(peer);
        var rates = ways.Keys.ToDictionary(name => name, _ => new List<double>(), StringComparer.Ordinal);
        for (var round = -2; round < rounds; round++)
        {
            foreach (var (name, way) in ways)
            {
                var rate = way();
                if (round >= 0) rates[name].Add(rate);
            }
        }

        foreach (var (name, all) in rates) figures[name] = Timing.MedianOf(all);
        peer?.StandardInput.Close();
        peer?.WaitForExit();
        Directory.Delete(folder, recursive: true);
    }

    private static double Rate(Action take)
    {
        var started = Stopwatch.GetTimestamp();
        for (var i = 0; i < Pictures; i++) take();
        return Pictures / Stopwatch.GetElapsedTime(started).TotalSeconds;
    }

    private static double Ask(Process peer)
    {
        peer.StandardInput.WriteLine(Pictures);
        peer.StandardInput.Flush();
        return double.Parse(peer.StandardOutput.ReadLine()!, CultureInfo.InvariantCulture);
    }

    private static Process? StartPeer(string folder, byte[] jpeg)
    {
        var (picture, program) = (Path.Combine(folder, "picture.jpg"), Path.Combine(folder, "jpeg"));
        File.WriteAllBytes(picture, jpeg);
        using var compiler = Start("cc", ["-O2", "-o", program, Path.Combine(AppContext.BaseDirectory, "peers", "jpeg.c"), "-ljpeg"]);
        compiler?.WaitForExit();
        if (compiler is { ExitCode: 0 }) return Start(program, [picture]);
        Console.WriteLine("libjpeg-turbo alone                not measured: there is no C compiler");
        return null;
    }

    /// <summary>A JPEG of 640 × 480 pixels, as busy as a photograph; null where there is no ffmpeg.</summary>
    private static byte[]? Picture()
    {
        using var process = Start(
            "ffmpeg",
            ["-v", "error", "-f", "lavfi", "-i", "mandelbrot=size=640x480", "-vf", "noise=alls=8:all_seed=1", "-frames:v", "1", "-q:v", "3", "-pix_fmt", "yuvj420p", "-f", "mjpeg", "pipe:1"]);
        if (process is null) return null;
        using var bytes = new MemoryStream();
        process.StandardOutput.BaseStream.CopyTo(bytes);
        process.WaitForExit();
        return process.ExitCode == 0 ? bytes.ToArray() : null;
    }

    /// <summary>Null where there is no such program.</summary>
    private static Process? Start(string program, string[] words)
    {
        try
        {
            return Process.Start(new ProcessStartInfo(program, words) { RedirectStandardInput = true, RedirectStandardOutput = true, UseShellExecute = false });
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return null;
        }
    }
}
