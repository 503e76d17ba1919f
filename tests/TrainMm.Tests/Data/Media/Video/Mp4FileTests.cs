using System.Diagnostics;
using TrainMm.Core.Diagnostics;
using TrainMm.Data.Media.Video;
using TrainMm.Tests.Data.Media.Audio;

namespace TrainMm.Tests.Data.Media.Video;

/// <summary>Videos written by ffmpeg itself where it is installed, and what is said where it is not or fails.</summary>
public sealed class Mp4FileTests : IDisposable
{
    /// <summary>What 4:2:0 and H.264 take from an even colour.</summary>
    private const double Lossy = 4;

    private readonly TempFolder folder = new();

    public void Dispose() => folder.Dispose();

    [FfmpegFact]
    public void WhatIsWrittenIsReadBack()
    {
        byte[][] colours = [[200, 30, 30], [30, 200, 30], [30, 30, 200], [128, 128, 128], [250, 250, 250]];
        var file = Mp4File.Encode(32, 16, 8, Frames(32, 16, colours));
        var frames = VideoDecoder.Decode(file, "made.mp4", colours.Length); // were there more or fewer than were given, one would be of another colour
        Assert.All(frames, frame => Assert.Equal((32, 16), (frame.Width, frame.Height)));
        foreach (var (colour, frame) in colours.Zip(frames))
        {
            for (var channel = 0; channel < 3; channel++)
                Assert.InRange(frame.Pixels.ToArray().Where((_, i) => i % 3 == channel).Average(each => (double)each), colour[channel] - Lossy, colour[channel] + Lossy);
        }

        Assert.Equal(file, Mp4File.Encode(32, 16, 8, Frames(32, 16, colours)));
    }

    [FfmpegFact]
    public void AnOddSideGetsAColumnMore()
    {
        var frames = VideoDecoder.Decode(Mp4File.Encode(9, 7, 4, Frames(9, 7, [[90, 90, 90]])), "made.mp4", 1);
        Assert.Equal((10, 8), (frames[0].Width, frames[0].Height));
    }

    [Theory]
    [InlineData("cat > /dev/null; echo \"Unknown encoder 'libx264'\" >&2; exit 1", "The video cannot be written: ffmpeg ended with exit code 1. It said: Unknown encoder 'libx264'")]
    [InlineData("exit 3", "The video cannot be written: ffmpeg ended with exit code 3.")]
    [InlineData("cat > /dev/null", "The video cannot be written: ffmpeg wrote nothing.")]
    [InlineData("cat > /dev/null; cat /dev/zero", "The video cannot be written: ffmpeg made an endless report and was stopped.")]
    public void WhatGoesWrongIsSaid(string script, string expected) =>
        Assert.Equal(expected, Assert.Throws<DataException>(() => Mp4File.Encode(64, 64, 8, Frames(64, 64, [[1, 2, 3], [1, 2, 3]]), Program(script))).Message);

    [Fact]
    public void OneThatHangsIsStopped()
    {
        var clock = Stopwatch.StartNew();
        var fault = Assert.Throws<DataException>(() => Mp4File.Encode(256, 256, 8, Frames(256, 256, [[1, 2, 3]]), Program("sleep 60") with { FfmpegTimeout = TimeSpan.FromSeconds(0.5) }));
        Assert.Equal("The video cannot be written: ffmpeg had not ended after 0.5 s and was stopped.", fault.Message);
        Assert.True(clock.Elapsed < TimeSpan.FromSeconds(30));
    }

    [Fact]
    public void AnAbsentOneIsNamedWithTheWayOut()
    {
        var fault = Assert.Throws<DataException>(() => Mp4File.Check(new VideoEncodeOptions { Ffmpeg = "no-such-ffmpeg" }));
        Assert.StartsWith("Videos are not written without ffmpeg, and 'no-such-ffmpeg' cannot be started: ", fault.Message, StringComparison.Ordinal);
        Assert.EndsWith("Install ffmpeg, or set TRAINMM_FFMPEG to the program.", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void WhatIsNoWholeFrameIsRefused() => Assert.Throws<ArgumentException>(() => Mp4File.Encode(4, 4, 8, new byte[47]));

    private static byte[] Frames(int width, int height, byte[][] colours) => [.. colours.SelectMany(colour => Enumerable.Range(0, width * height).SelectMany(_ => colour))];

    private VideoEncodeOptions Program(string script)
    {
        var path = Path.Combine(folder.Path, "ffmpeg");
        File.WriteAllText(path, $"#!/bin/sh\n{script}\n");
        if (!OperatingSystem.IsWindows()) File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserExecute);
        return new VideoEncodeOptions { Ffmpeg = path };
    }
}
