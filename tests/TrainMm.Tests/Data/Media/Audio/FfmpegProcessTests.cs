using System.Diagnostics;
using TrainMm.Core.Diagnostics;
using TrainMm.Data.Media.Audio;

namespace TrainMm.Tests.Data.Media.Audio;

/// <summary>What happens about ffmpeg, with scripts in its place; and ffmpeg itself where it is installed.</summary>
public sealed class FfmpegProcessTests : IDisposable
{
    private static readonly byte[] NoWav = [1, 2, 3, 4];
    private readonly TempFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void WhatIsNoWavGoesThroughTheProgram()
    {
        var wav = Path.Combine(folder.Path, "sound.wav");
        File.WriteAllBytes(wav, WavWriter.Write([128, 192], WavWriter.Integers, 1, 8000, 8));
        var clip = AudioDecoder.Decode(NoWav, "clip.mp3", Program($"cat '{wav}'"));
        Assert.Equal(8000, clip.SampleRate);
        Assert.Equal([0, 0.5f], clip.Samples);
    }

    [Fact]
    public void TheProgramGetsTheFileAndMayOpenNoOther()
    {
        var seen = Path.Combine(folder.Path, "seen");
        Assert.Throws<DataException>(() => AudioDecoder.Decode(NoWav, "clip.mp3", Program($"for each; do echo \"$each\"; done > '{seen}'; exit 1")));
        var arguments = File.ReadAllLines(seen);
        Assert.Equal("file,pipe", arguments[Array.IndexOf(arguments, "-protocol_whitelist") + 1]);
        var input = arguments[Array.IndexOf(arguments, "-i") + 1];
        Assert.StartsWith("file:", input, StringComparison.Ordinal);
        Assert.False(File.Exists(input["file:".Length..]));
    }

    [Fact]
    public void WhatItSaysIsPartOfTheError()
    {
        var error = Assert.Throws<DataException>(() => AudioDecoder.Decode(NoWav, "clip.mp3", Program("echo 'clip: Invalid data found' >&2; exit 69")));
        Assert.Equal("clip.mp3: The clip cannot be used: ffmpeg ended with exit code 69. It said: clip: Invalid data found", error.Message);
    }

    [Fact]
    public void OneThatHangsIsStopped()
    {
        var clock = Stopwatch.StartNew();
        var error = Assert.Throws<DataException>(() => AudioDecoder.Decode(NoWav, "clip.mp3", Program("sleep 60") with { FfmpegTimeout = TimeSpan.FromSeconds(0.5) }));
        Assert.Equal("clip.mp3: The clip cannot be used: ffmpeg had not decoded it after 0.5 s and was stopped.", error.Message);
        Assert.True(clock.Elapsed < TimeSpan.FromSeconds(30));
    }

    [Fact]
    public void OneThatNeverEndsItsOutputIsStopped()
    {
        var error = Assert.Throws<DataException>(() => AudioDecoder.Decode(NoWav, "clip.mp3", Program("cat /dev/zero") with { MaxSeconds = 0.5 }));
        Assert.Equal("clip.mp3: The clip cannot be used: ffmpeg made more than 0.5 s of it and was stopped.", error.Message);
    }

    [Fact]
    public void AnAbsentOneIsNamedWithTheWayOut()
    {
        var error = Assert.Throws<DataException>(() => AudioDecoder.Decode(NoWav, "clip.mp3", new AudioDecodeOptions { Ffmpeg = "no-such-ffmpeg" }));
        Assert.StartsWith("clip.mp3: Only WAV is read without ffmpeg, and 'no-such-ffmpeg' cannot be started: ", error.Message, StringComparison.Ordinal);
        Assert.EndsWith("Install ffmpeg, or set TRAINMM_FFMPEG to the program.", error.Message, StringComparison.Ordinal);
    }

    private AudioDecodeOptions Program(string script)
    {
        var path = Path.Combine(folder.Path, "ffmpeg");
        File.WriteAllText(path, $"#!/bin/sh\n{script}\n");
        if (!OperatingSystem.IsWindows()) File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserExecute);
        return new AudioDecodeOptions { Ffmpeg = path };
    }
}
