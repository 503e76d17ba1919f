using System.Numerics;
using TrainMm.Core.Diagnostics;
using TrainMm.Core.Roles;
using TrainMm.Data.Media;
using TrainMm.Data.Media.Audio;

namespace TrainMm.Tests.Data.Media.Audio;

public sealed class AudioPreprocessorTests
{
    [Fact]
    public void AShortClipIsPaddedAndItsEndMarked()
    {
        var values = Values(new WaveformSpec(8000, 4, Normalise: false), WavWriter.Write([0.5f, -0.25f], 8000));
        Assert.Equal([0.5f, -0.25f, 0, 0, 1, 1, 0, 0], values);
    }

    [Fact]
    public void SilenceBehindAClipDoesNotCountWhenItIsNormalised()
    {
        var values = Values(new WaveformSpec(8000, 4, Normalise: true), WavWriter.Write([0.5f, -0.5f], 8000));
        Assert.Equal([1, -1, 0, 0], values[..4].Select(value => MathF.Round(value, 5)));
    }

    [Fact]
    public void AClipIsBroughtToTheEncodersRate() =>
        Assert.Equal(4, Values(new WaveformSpec(16_000, 8, Normalise: false), WavWriter.Write([0.5f, 0.5f], 8000))[8..].Sum());

    [Fact]
    public void ALongClipIsAnErrorOrIsCut()
    {
        var file = WavWriter.Write([0.5f, 0.25f, 0.125f], 8000);
        var error = Assert.Throws<DataException>(() => Values(new WaveformSpec(8000, 2, Normalise: false), file));
        Assert.Equal("clip.wav: The clip cannot be used: it lasts 0.00 s, 0.00 s are taken; `long_clips: cut` of the encoder or generator that takes it cuts its end off.", error.Message);
        Assert.Equal([0.5f, 0.25f, 1, 1], Values(new WaveformSpec(8000, 2, Normalise: false, LongClips.Cut), file));
    }

    [Fact]
    public void ASpectrogramIsLoudWhereTheToneIs()
    {
        var tone = Enumerable.Range(0, 16_000).Select(i => 0.5f * MathF.Sin(2 * MathF.PI * 1000 * i / 16_000)).ToArray();
        var values = Values(new LogMelSpec(16_000, 32_000, 80, 400, 160), WavWriter.Write(tone, 16_000));
        var column = Enumerable.Range(0, 80).Select(mel => values[(mel * 200) + 50]).ToArray();
        Assert.InRange(Array.IndexOf(column, column.Max()), 24, 28); // 1 kHz is mel 15 of 45.2, so bin 26 of 80
        Assert.Equal(values.Max() - 2, values[150], 5);              // silence is at the floor, 8 powers of ten below, of which each counts a quarter
    }

    [Theory]
    [InlineData(false, 20)]
    [InlineData(true, 24)]
    public void AVocodersSpectrogramIsItsDefinition(bool level, int length)
    {
        const int Samples = 24, Window = 16, Hop = 4, Bins = 3;
        var clip = Enumerable.Range(0, length).Select(i => (0.3f * MathF.Sin(0.7f * i)) + 0.05f).ToArray();
        var spec = new VocoderMelSpec(16_000, Samples, Bins, Window, Hop, level);
        Assert.Equal([Bins, Samples / Hop], MediaPreprocessor.For(spec, new ImageDecodeOptions()).Shape);
        var values = Values(spec, WavWriter.Write(clip, 16_000));

        // A WAV file's samples are rounded, so that the file's own are taken.
        var heard = Values(new WaveformSpec(16_000, length, Normalise: false), WavWriter.Write(clip, 16_000))[..length].Select(sample => (double)sample).ToArray();
        if (level)
        {
            var mean = heard.Average();
            var largest = heard.Max(sample => Math.Abs(sample - mean));
            heard = [.. heard.Select(sample => 0.5 * (sample - mean) / largest)];
        }

        var filters = MelFilters.Slaney(Bins, Window, 16_000);
        for (var t = 0; t < Samples / Hop; t++)
        {
            var amplitudes = Enumerable.Range(0, (Window / 2) + 1).Select(k => Enumerable.Range(0, Window)
                .Select(i => Complex.FromPolarCoordinates(0.5 - (0.5 * Math.Cos(2 * Math.PI * i / Window)), -2 * Math.PI * i * k / Window) * At((t * Hop) + i - ((Window - Hop) / 2)))
                .Aggregate(Complex.Zero, Complex.Add).Magnitude).ToArray();
            for (var mel = 0; mel < Bins; mel++)
                Assert.Equal(Math.Log(Math.Max(1e-5, amplitudes.Select((amplitude, k) => amplitude * filters.Weight(mel, k)).Sum())), values[(mel * (Samples / Hop)) + t], 1e-4);
        }

        double At(int place)
        {
            place = Math.Abs(place);
            if (place >= Samples) place = (2 * (Samples - 1)) - place;
            return place < heard.Length ? heard[place] : 0;
        }
    }

    [Theory]
    [InlineData(100_000, 3, new[] { 0, 34_000, 68_000 })]
    [InlineData(100_001, 3, new[] { 0, 34_000, 68_001 })]
    [InlineData(100_000, 1, new[] { 0 })]
    [InlineData(20_000, 2, new[] { 0, 0 })]
    public void ClipsStandAtEqualDistancesEachWithAFilterBankOfItsOwn(int length, int clips, int[] starts)
    {
        var samples = Enumerable.Range(0, length).Select(i => 0.3f * MathF.Sin(i * (0.1f + (i * 1e-6f)))).ToArray();
        var bank = new FilterBankSpec(16_000, 32_000, 204, 16, KaldiWindow.Hanning, Scale: 1, Mean: -4.268, Std: 9.138, Masked: false);
        var spec = new ClipsSpec(bank, clips);
        Assert.Equal([clips, 16, 204], MediaPreprocessor.For(spec, new ImageDecodeOptions()).Shape);
        var values = Values(spec, WavWriter.Write(samples, 16_000));
        Assert.Equal(starts.SelectMany(start => Values(bank, WavWriter.Write(samples[start..Math.Min(length, start + 32_000)], 16_000))), values);

        // Two seconds have 198 frames; behind them there is nothing, as ImageBind pads before it normalises.
        if (length > 32_000) Assert.Equal((float)(4.268 / 9.138), values[203]);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(8)]
    [InlineData(30)]
    [InlineData(49)]
    public void TheTransformIsTheDefinitionsSum(int length)
    {
        var values = Enumerable.Range(0, length).Select(i => new Complex(Math.Sin(i * i), Math.Cos(3 * i))).ToArray();
        var expected = Enumerable.Range(0, length).Select(k => values.Select((value, i) => value * Complex.FromPolarCoordinates(1, -2 * Math.PI * i * k / length)).Aggregate(Complex.Zero, Complex.Add)).ToArray();
        var actual = new FourierTransform(length).Forward([.. values], new Complex[length]);
        for (var k = 0; k < length; k++) Assert.True((actual[k] - expected[k]).Magnitude < 1e-12 * length);
    }

    private static float[] Values(AudioSpec spec, byte[] file)
    {
        var preprocessor = MediaPreprocessor.For(spec, new ImageDecodeOptions());
        var values = new float[preprocessor.Shape.Aggregate(1L, (product, side) => product * side)];
        preprocessor.Expand(preprocessor.Prepare(file, "clip.wav"), values);
        return values;
    }
}
