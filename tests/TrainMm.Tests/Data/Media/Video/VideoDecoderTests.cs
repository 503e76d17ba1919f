using System.Diagnostics;
using System.Text;
using TrainMm.Core.Diagnostics;
using TrainMm.Core.Roles;
using TrainMm.Data.Media;
using TrainMm.Data.Media.Video;
using TrainMm.Tests.Data.Media.Audio;

namespace TrainMm.Tests.Data.Media.Video;

/// <summary>Videos through scripts in ffmpeg's place, and through ffmpeg itself where it is installed.</summary>
public sealed class VideoDecoderTests : IDisposable
{
    private const string Counts = "case \"$*\" in *-progress*) printf 'frame=3\\nprogress=continue\\nframe=  {0}\\nprogress=end\\n'; exit 0;; esac\n";
    private static readonly byte[] AnyBytes = [1, 2, 3, 4];
    private readonly TempFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Theory]
    [InlineData(10, 5, "1 3 5 7 9")]
    [InlineData(100, 5, "10 30 50 70 90")]
    [InlineData(7, 3, "1 3 5")]
    [InlineData(9, 1, "4")]
    [InlineData(2, 5, "0 0 1 1 1")]
    [InlineData(1, 2, "0 0")]
    public void TheFramesAreThoseAtTheMiddlesOfEqualStretches(long frames, int wanted, string expected) =>
        Assert.Equal(expected, string.Join(' ', FrameChoice.Of(frames, wanted)));

    [Fact]
    public void TheProgramCountsAndThenGivesTheFramesThatAreWanted()
    {
        var (seen, pixmaps) = (Path.Combine(folder.Path, "seen"), Pixmaps(1, 2, 3));
        var frames = VideoDecoder.Decode(AnyBytes, "a.mp4", 3, Program(Count(9) + $"for each; do echo \"$each\"; done > '{seen}'; cat '{pixmaps}'"));
        Assert.Equal([1, 2, 3], frames.Select(frame => (int)frame.Pixels[0]));
        Assert.All(frames, frame => Assert.Equal((3, 2), (frame.Width, frame.Height)));
        var arguments = File.ReadAllLines(seen);
        Assert.Equal("select='eq(n,1)+eq(n,4)+eq(n,7)',setpts=N/(25*TB)", arguments[Array.IndexOf(arguments, "-vf") + 1]);
        Assert.Equal("file,pipe", arguments[Array.IndexOf(arguments, "-protocol_whitelist") + 1]);
        Assert.False(File.Exists(arguments[Array.IndexOf(arguments, "-i") + 1]["file:".Length..]));
    }

    [Fact]
    public void AShortVideoGivesSomeFramesMoreThanOnce()
    {
        var frames = VideoDecoder.Decode(AnyBytes, "a.mp4", 5, Program(Count(2) + $"cat '{Pixmaps(8, 9)}'"));
        Assert.Equal([8, 8, 9, 9, 9], frames.Select(frame => (int)frame.Pixels[0]));
    }

    [Fact]
    public void EachFrameIsPreparedAsAPicture()
    {
        var frame = new ImageSpec(4, 4, ImageFit.Squash, Resampling.Bicubic, new(0.5, 0.4, 0.3), new(0.2, 0.3, 0.4));
        var video = new VideoPreprocessor(new VideoSpec(frame, 2), Program(Count(2) + $"cat '{Pixmaps(10, 200)}'"));
        Assert.Equal([2, 3, 4, 4], video.Shape);
        var values = new float[2 * 3 * 4 * 4];
        video.Expand(video.Prepare(AnyBytes, "a.mp4"), values);
        var picture = new ImagePreprocessor(frame);
        foreach (var (i, colour) in ((byte[])[10, 200]).Index())
        {
            var expected = new float[3 * 4 * 4];
            picture.Expand(picture.Prepare(PngWriter.WriteRgb(3, 2, (x, y) => Colour(colour, x, y)), "a.png"), expected);
            Assert.Equal(expected, values[(i * 48)..((i + 1) * 48)]);
        }
    }

    [Theory]
    [InlineData("echo 'moov atom not found' >&2; exit 1", "a.mp4: The video cannot be used: ffmpeg ended with exit code 1. It said: moov atom not found")]
    [InlineData("echo progress=end", "a.mp4: The video cannot be used: ffmpeg found no frame in it.")]
    [InlineData("cat /dev/zero", "a.mp4: The video cannot be used: ffmpeg made an endless report and was stopped.")]
    public void WhatIsNoVideoIsSaid(string script, string expected) =>
        Assert.Equal(expected, Assert.Throws<DataException>(() => VideoDecoder.Decode(AnyBytes, "a.mp4", 2, Program(script))).Message);

    [Theory]
    [InlineData("exit 0", "of 2 frames ffmpeg gave 0.")]
    [InlineData("printf 'P6\\n3 2\\n255\\n123'", "of 2 frames ffmpeg gave 0.")]
    [InlineData("printf 'P6\\n1 1\\n255\\n123'", "of 2 frames ffmpeg gave 1.")]
    [InlineData("printf 'P6\\n3 2\\n255\\n123456789012345678P6\\n3 2\\n255\\n123456789012345678'", "its frames have 3 x 2 pixels; 4 are allowed.")]
    [InlineData("cat /dev/zero", "ffmpeg made frames of more than 4 pixels of it and was stopped.")]
    public void FramesThatDoNotComeOrAreTooLargeAreSaid(string script, string expected)
    {
        var fault = Assert.Throws<DataException>(() => VideoDecoder.Decode(AnyBytes, "a.mp4", 2, Program(Count(2) + script) with { MaxPixels = 4 }));
        Assert.Equal($"a.mp4: The video cannot be used: {expected}", fault.Message);
    }

    [Fact]
    public void OneThatHangsIsStopped()
    {
        var clock = Stopwatch.StartNew();
        var fault = Assert.Throws<DataException>(() => VideoDecoder.Decode(AnyBytes, "a.mp4", 2, Program("sleep 60") with { FfmpegTimeout = TimeSpan.FromSeconds(0.5) }));
        Assert.Equal("a.mp4: The video cannot be used: ffmpeg had not ended after 0.5 s and was stopped.", fault.Message);
        Assert.True(clock.Elapsed < TimeSpan.FromSeconds(30));
    }

    [Fact]
    public void AnAbsentOneIsNamedWithTheWayOut()
    {
        var fault = Assert.Throws<DataException>(() => VideoDecoder.Decode(AnyBytes, "a.mp4", 2, new VideoDecodeOptions { Ffmpeg = "no-such-ffmpeg" }));
        Assert.StartsWith("a.mp4: Videos are not read without ffmpeg, and 'no-such-ffmpeg' cannot be started: ", fault.Message, StringComparison.Ordinal);
        Assert.EndsWith("Install ffmpeg, or set TRAINMM_FFMPEG to the program.", fault.Message, StringComparison.Ordinal);
    }

    [FfmpegFact]
    public void FfmpegItselfGivesTheFramesThatWereEncoded()
    {
        byte[] colours = [0, 20, 40, 60, 80, 100, 120, 140, 160, 180];
        var video = VideoWriter.Write(folder.Path, [.. colours.Select(colour => Pixmap(colour, 8, 6))]);
        var frames = VideoDecoder.Decode(video, "a.mkv", 5);
        Assert.Equal([20, 60, 100, 140, 180], frames.Select(frame => (int)frame.Pixels[0]));
        Assert.All(frames, frame => Assert.Equal((8, 6), (frame.Width, frame.Height)));
        Assert.Equal(Pixmap(100, 8, 6)[^(8 * 6 * 3)..], frames[2].Pixels.ToArray());
        Assert.Equal(13, VideoDecoder.Decode(video, "a.mkv", 13).Count);
    }

    [FfmpegFact]
    public void FfmpegItselfSaysWhatIsWrong()
    {
        var fault = Assert.Throws<DataException>(() => VideoDecoder.Decode(AnyBytes, "a.mp4", 2));
        Assert.StartsWith("a.mp4: The video cannot be used: ffmpeg ended with exit code", fault.Message, StringComparison.Ordinal);
    }

    private static string Count(int frames) => Counts.Replace("{0}", $"{frames}", StringComparison.Ordinal);

    private static (byte Red, byte Green, byte Blue) Colour(byte colour, int x, int y) => (colour, (byte)(x * 20), (byte)(y * 30));

    private static byte[] Pixmap(byte colour, int width, int height)
    {
        var pixels = Enumerable.Range(0, width * height).Select(i => Colour(colour, i % width, i / width)).SelectMany(each => (byte[])[each.Red, each.Green, each.Blue]);
        return [.. Encoding.ASCII.GetBytes($"P6\n{width} {height}\n255\n"), .. pixels];
    }

    private string Pixmaps(params byte[] colours)
    {
        var path = Path.Combine(folder.Path, "frames.ppm");
        File.WriteAllBytes(path, [.. colours.SelectMany(colour => Pixmap(colour, 3, 2))]);
        return path;
    }

    private VideoDecodeOptions Program(string script)
    {
        var path = Path.Combine(folder.Path, "ffmpeg");
        File.WriteAllText(path, $"#!/bin/sh\n{script}\n");
        if (!OperatingSystem.IsWindows()) File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserExecute);
        return new VideoDecodeOptions { Ffmpeg = path };
    }
}
