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
        Assert.Equal("clip.mp3: The clip cannot be used: ffmpeg had not ended after 0.5 s and was stopped.", error.Message);
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

    [FfmpegFact]
    public void FfmpegItselfGivesWhatWasEncoded()
    {
        var tone = Enumerable.Range(0, 22_050).Select(i => 0.5f * MathF.Sin(2 * MathF.PI * 440 * i / 22_050)).ToArray();
        var wav = Path.Combine(folder.Path, "tone.wav");
        File.WriteAllBytes(wav, WavWriter.Write(tone, 22_050));
        var exact = AudioDecoder.Decode(File.ReadAllBytes(wav), wav);

        // FLAC loses nothing. In an MP4 the index stands at the end, so that it must be sought in.
        var flac = AudioDecoder.Decode(Encode(wav, "tone.flac"), "tone.flac");
        Assert.Equal(22_050, flac.SampleRate);
        Assert.Equal(exact.Samples, flac.Samples);
        var aac = AudioDecoder.Decode(Encode(wav, "tone.mp4"), "tone.mp4");
        Assert.InRange(aac.Seconds, 0.95, 1.2);
        Assert.InRange(aac.Samples.Max(), 0.4, 0.6);
    }

    [FfmpegFact]
    public void FfmpegItselfSaysWhatIsWrong()
    {
        var error = Assert.Throws<DataException>(() => AudioDecoder.Decode(NoWav, "clip.mp3"));
        Assert.StartsWith("clip.mp3: The clip cannot be used: ffmpeg ended with exit code", error.Message, StringComparison.Ordinal);
        Assert.Contains("It said:", error.Message, StringComparison.Ordinal);
    }

    private byte[] Encode(string wav, string name)
    {
        var path = Path.Combine(folder.Path, name);
        using var process = Process.Start(new AudioDecodeOptions().Ffmpeg, ["-nostdin", "-loglevel", "error", "-strict", "-2", "-i", wav, path]);
        process.WaitForExit();
        Assert.Equal(0, process.ExitCode);
        return File.ReadAllBytes(path);
    }

    private AudioDecodeOptions Program(string script)
    {
        var path = Path.Combine(folder.Path, "ffmpeg");
        File.WriteAllText(path, $"#!/bin/sh\n{script}\n");
        if (!OperatingSystem.IsWindows()) File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserExecute);
        return new AudioDecodeOptions { Ffmpeg = path };
    }
}
