using System.Runtime.InteropServices;
using TrainMm.Core.Diagnostics;
using TrainMm.Data.Media.Audio;

namespace TrainMm.Tests.Data.Media.Audio;

public sealed class AudioDecoderTests
{
    [Theory]
    [InlineData(WavWriter.Integers, 8, new byte[] { 0, 128, 192, 255 })]
    [InlineData(WavWriter.Integers, 16, new byte[] { 0, 128, 0, 0, 0, 64, 0, 127 })]
    [InlineData(WavWriter.Integers, 24, new byte[] { 0, 0, 128, 0, 0, 0, 0, 0, 64, 0, 0, 127 })]
    [InlineData(WavWriter.Integers, 32, new byte[] { 0, 0, 0, 128, 0, 0, 0, 0, 0, 0, 0, 64, 0, 0, 0, 127 })]
    [InlineData(WavWriter.Extensible, 16, new byte[] { 0, 128, 0, 0, 0, 64, 0, 127 })]
    public void IntegersAreReadAtEveryWidth(int code, int bits, byte[] data)
    {
        var clip = AudioDecoder.Decode(WavWriter.Write(data, (ushort)code, 1, 8000, (ushort)bits), "clip.wav");
        Assert.Equal(8000, clip.SampleRate);
        Assert.Equal([-1, 0, 0.5f, 127 / 128f], clip.Samples);
    }

    [Fact]
    public void FloatsAreReadAsTheyAre()
    {
        float[] single = [-1.5f, 0.25f];
        double[] pair = [-1.5, 0.25];
        Assert.Equal(single, AudioDecoder.Decode(WavWriter.Write(MemoryMarshal.AsBytes(single.AsSpan()).ToArray(), WavWriter.Floats, 1, 8000, 32), "clip.wav").Samples);
        Assert.Equal(single, AudioDecoder.Decode(WavWriter.Write(MemoryMarshal.AsBytes(pair.AsSpan()).ToArray(), WavWriter.Floats, 1, 8000, 64), "clip.wav").Samples);
    }

    [Fact]
    public void ChannelsAreAveragedAndOtherChunksPassedOver()
    {
        // A chunk of an odd size is followed by a byte that belongs to none.
        var file = WavWriter.Write([0, 128, 255, 129], WavWriter.Integers, 2, 8000, 8, size: null, [.. "LIST"u8, 3, 0, 0, 0, 1, 2, 3, 0]);
        Assert.Equal([-0.5f, 128 / 256f], AudioDecoder.Decode(file, "clip.wav").Samples);
    }

    [Fact]
    public void DataOfUnknownSizeGoesToTheEnd() =>
        Assert.Equal([0, 0.5f], AudioDecoder.Decode(WavWriter.Write([128, 192], WavWriter.Integers, 1, 8000, 8, size: uint.MaxValue), "clip.wav").Samples);

    [Fact]
    public void FaultsAreNamed()
    {
        float[] nothing = [float.NaN];
        AssertFault("clip.wav: The clip cannot be used: the file is cut short by 5 bytes.", WavWriter.Write([1, 2, 3, 4], WavWriter.Integers, 1, 8000, 8, size: 9));
        AssertFault("clip.wav: The clip cannot be used: it holds no sound.", WavWriter.Write([], WavWriter.Integers, 1, 8000, 8));
        AssertFault("clip.wav: The clip cannot be used: sample 0 is no number.", WavWriter.Write(MemoryMarshal.AsBytes(nothing.AsSpan()).ToArray(), WavWriter.Floats, 1, 8000, 32));
        AssertFault("clip.wav: The clip cannot be used: its format is not known (0 channels of 8 bits, code 1, 8000 Hz).", WavWriter.Write([1], WavWriter.Integers, 0, 8000, 8));
        AssertFault("clip.wav: The clip cannot be used: it is a WAV file without a format.", [.. "RIFF"u8, 0, 0, 0, 0, .. "WAVE"u8]);
        AssertFault("clip.wav: The clip cannot be used: it lasts 3 s; 2 s are allowed.", WavWriter.Write(new byte[24_000], WavWriter.Integers, 1, 8000, 8));
    }

    private static void AssertFault(string message, byte[] file) =>
        Assert.Equal(message, Assert.Throws<DataException>(() => AudioDecoder.Decode(file, "clip.wav", new AudioDecodeOptions { MaxSeconds = 2, Ffmpeg = "/none" })).Message);
}
