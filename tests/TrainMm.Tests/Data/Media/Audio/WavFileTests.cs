using TrainMm.Data.Media.Audio;

namespace TrainMm.Tests.Data.Media.Audio;

public sealed class WavFileTests
{
    [Theory]
    [InlineData(16_000, 1)]
    [InlineData(8_000, 257)]
    public void WhatIsWrittenIsReadBack(int rate, int count)
    {
        var samples = Enumerable.Range(0, count).Select(i => 0.99f * (float)Math.Sin(i * 0.7)).ToArray();
        var read = AudioDecoder.Decode(WavFile.Encode(rate, samples), "made.wav");
        Assert.Equal(rate, read.SampleRate);
        Assert.Equal(samples.Length, read.Samples.Length);
        foreach (var (expected, actual) in samples.Zip(read.Samples)) Assert.InRange(actual, expected - (0.6f / 32768), expected + (0.6f / 32768));
    }

    [Fact]
    public void WhatIsTooLoudIsCutOff() =>
        Assert.Equal([32767 / 32768f, -1, 0.5f], WavReader.Read(WavFile.Encode(8000, [1.5f, float.NegativeInfinity, 0.5f]), "made.wav").Samples);

    [Fact]
    public void WhatIsNoNumberIsRefused() => Assert.Contains("Sample 1", Assert.Throws<ArgumentException>(() => WavFile.Encode(8000, [0, float.NaN])).Message, StringComparison.Ordinal);

    [FfmpegFact]
    public void FfmpegReadsItToo()
    {
        var file = WavFile.Encode(8000, [0, 0.25f, -0.5f]);
        Assert.Equal([0, 0.25f, -0.5f], WavReader.Read(FfmpegWav.Of(file, "made.wav", new AudioDecodeOptions()), "made.wav").Samples);
    }
}
