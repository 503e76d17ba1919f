using TrainMm.Core.Roles;
using TrainMm.Data.Media.Audio;
using TrainMm.ParityTests.Golden;
using Xunit.Abstractions;
using static TorchSharp.torch;

namespace TrainMm.ParityTests.Media;

public sealed class AudioFeaturesTests(ITestOutputHelper output)
{
    private const int SampleRate = 16_000;
    private const int FftLength = 400;
    private const int HopLength = 160;

    [GoldenTheory("whisper_features")]
    public void WhispersFeaturesEqualTheReference(string name)
    {
        var golden = GoldenCases.All.Single(each => each.Name == name);
        using var scope = NewDisposeScope();
        using var io = new GoldenTensors(golden);
        using var report = new ParityReport(golden, output);
        var waveform = io["in.waveform"].data<float>().ToArray();
        foreach (var key in io.Under("out."))
        {
            var expected = io[$"out.{key}"];
            switch (key)
            {
                case "mel_filters":
                    var filters = MelFilters.Slaney((int)expected.shape[1], 2 * ((int)expected.shape[0] - 1), SampleRate);
                    var weights = Enumerable.Range(0, (int)expected.shape[0]).SelectMany(bin => Enumerable.Range(0, filters.Count), (bin, filter) => (float)filters.Weight(filter, bin));
                    report.Compare("out", key, tensor(weights.ToArray()).view(expected.shape), expected);
                    break;
                case "wav2vec2_input_values":
                    var normalised = Values(new WaveformSpec(SampleRate, waveform.Length, Normalise: true), waveform)[0];
                    report.Compare("out", key, normalised.narrow(0, 0, expected.shape[1]).unsqueeze(0), expected);
                    break;
                default:
                    Assert.StartsWith("input_features", key, StringComparison.Ordinal);
                    var spec = new LogMelSpec(SampleRate, (int)expected.shape[2] * HopLength, (int)expected.shape[1], FftLength, HopLength, LongClips.Cut);
                    report.Compare("out", key, Values(spec, waveform).unsqueeze(0), expected);
                    break;
            }
        }

        io.AssertAllCompared();
    }

    [GoldenTheory("kaldi_fbank")]
    public void KaldisFilterBankEqualsTheReference(string name)
    {
        var golden = GoldenCases.All.Single(each => each.Name == name);
        using var scope = NewDisposeScope();
        using var io = new GoldenTensors(golden);
        using var report = new ParityReport(golden, output);
        var waveform = io["in.waveform"].data<float>().ToArray();
        var expected = io["out.fbank"];
        var bank = new KaldiFilterBank(SampleRate, (int)expected.shape[1], KaldiWindow.Hanning);
        report.Compare("out", "fbank", tensor(bank.Of(waveform)).view(bank.Frames(waveform.Length), -1), expected);

        // The same through the preprocessor, whose frames lie the other way and are normalised.
        var spec = new FilterBankSpec(SampleRate, waveform.Length, bank.Frames(waveform.Length) + 2, (int)expected.shape[1], KaldiWindow.Hanning, 1, -4.268, 9.138, Masked: true);
        var values = Values(spec, waveform);
        report.Compare("out", "normalised", values.narrow(0, 0, expected.shape[1]).narrow(1, 0, expected.shape[0]), expected.t().add(4.268).div(9.138));
        Assert.Equal(expected.shape[0], values[expected.shape[1]].sum().item<float>());
        Assert.Equal(4.268 / 9.138, values[0, expected.shape[0] + 1].item<float>(), 5);
        io.AssertAllCompared();
    }

    private static Tensor Values(AudioSpec spec, float[] waveform)
    {
        var preprocessor = new AudioPreprocessor(spec);
        var values = new float[preprocessor.Shape.Aggregate(1L, (product, side) => product * side)];
        preprocessor.Expand(System.Runtime.InteropServices.MemoryMarshal.AsBytes(preprocessor.Of(waveform).AsSpan()), values);
        return tensor(values, [.. preprocessor.Shape]);
    }
}
