using TrainMm.Data.Media.Audio;

namespace TrainMm.Tests.Data.Media.Audio;

public sealed class SincResamplerTests
{
    /// <summary>−80 dB, the last bit but two of 16-bit sound.</summary>
    private const double Tolerance = 1e-4;

    [Theory]
    [InlineData(44_100, 16_000, 440)]
    [InlineData(44_100, 16_000, 7_000)]
    [InlineData(48_000, 16_000, 6_500)]
    [InlineData(8_000, 16_000, 3_500)]
    [InlineData(22_050, 16_000, 5_000)]
    [InlineData(11_025, 16_000, 3_000)]
    public void AToneStaysTheSameTone(int from, int to, double hertz)
    {
        var output = SincResampler.Resample(Tone(hertz, from, from), from, to);
        var expected = Tone(hertz, to, to);
        Assert.Equal(to, output.Length);
        for (var i = to / 50; i < to - (to / 50); i++) Assert.InRange(output[i] - expected[i], -Tolerance, Tolerance);
    }

    [Theory]
    [InlineData(44_100, 16_000, 8_100)]
    [InlineData(48_000, 16_000, 11_000)]
    [InlineData(22_050, 16_000, 9_000)]
    public void WhatTheLowerRateCannotHoldIsGone(int from, int to, double hertz)
    {
        var output = SincResampler.Resample(Tone(hertz, from, from), from, to);
        for (var i = to / 50; i < to - (to / 50); i++) Assert.InRange(output[i], -Tolerance, Tolerance);
    }

    [Fact]
    public void AConstantStaysWhatItIs()
    {
        var output = SincResampler.Resample(Enumerable.Repeat(0.5f, 4410).ToArray(), 44_100, 16_000);
        Assert.All(output[200..^200], sample => Assert.Equal(0.5, sample, 5));
    }

    [Theory]
    [InlineData(1, 1)]
    [InlineData(3, 2)]
    [InlineData(441, 160)]
    public void TheLengthIsRoundedUp(int samples, int expected) => Assert.Equal(expected, SincResampler.Resample(new float[samples], 44_100, 16_000).Length);

    [Fact]
    public void TheSameRateChangesNothing() => Assert.Equal([1, -0.25f, 7], SincResampler.Resample([1, -0.25f, 7], 16_000, 16_000));

    private static float[] Tone(double hertz, int rate, int samples) => [.. Enumerable.Range(0, samples).Select(i => (float)Math.Sin(2 * Math.PI * hertz * i / rate))];
}
