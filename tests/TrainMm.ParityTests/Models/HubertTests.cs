using TrainMm.Models;
using TrainMm.Models.Encoders;
using TrainMm.Models.Encoders.Hubert;
using TrainMm.Models.Layers;
using TrainMm.ParityTests.Golden;
using Xunit.Abstractions;
using static TorchSharp.torch;

namespace TrainMm.ParityTests.Models;

public sealed class HubertTests(ITestOutputHelper output)
{
    [GoldenTheory("hubert")]
    public void EqualsTheReference(string name)
    {
        var golden = GoldenCases.All.Single(each => each.Name == name);
        using var scope = NewDisposeScope();
        using var io = new GoldenTensors(golden);
        using var report = new ParityReport(golden, output);
        var (waveform, mask) = (io["in.input_values"], io["in.attention_mask"]);
        var module = new ModuleScope("audio.encoder", ScalarType.Float32, CPU, new TrainablePaths(["audio.encoder"]));
        using var encoder = Encoder(golden, module, waveform.shape[1]);

        var seen = new List<Tensor>();
        var last = encoder.Features(waveform, observe: (_, state) => seen.Add(state));
        report.Compare("out", "conv_features", encoder.Frames(waveform).transpose(1, 2), io["out.conv_features"]);
        for (var i = 0; i < seen.Count; i++) report.Compare("out", $"hidden_states.{i}", seen[i], io[$"out.hidden_states.{i}"]);
        report.Compare("out", "last_hidden_state", last, io["out.last_hidden_state"]);
        var real = encoder.FrameMask(mask);
        report.Compare("out", "feature_mask", real.to_type(ScalarType.Float32), io["out.feature_mask"]);
        report.Compare("out", "last_hidden_state_masked", encoder.Features(waveform, mask), io["out.last_hidden_state_masked"], io["out.feature_mask"]);
        Assert.Equal(last.shape[1..], (long[])[encoder.Output.Tokens, encoder.Output.Width]);

        // As a run feeds it: the mask lies beside the waveform, and counts where the checkpoint was trained with one.
        var expected = HubertArchitecture.Read(golden.Config).FeatExtractNorm == FeatureNorm.Layer ? "last_hidden_state_masked" : "last_hidden_state";
        report.Compare("out", "encoded", encoder.Encode(stack([waveform, mask.to_type(ScalarType.Float32)], 1)), io[$"out.{expected}"], io["out.feature_mask"]);

        last.mul(io["in.cotangent"]).sum().backward();
        var gradients = encoder.named_parameters().Where(pair => pair.parameter.grad is not null).ToDictionary(pair => pair.name, pair => pair.parameter.grad!, StringComparer.Ordinal);
        report.CompareGradients(gradients, io.Under("grad.").ToDictionary(parameter => parameter, parameter => io[$"grad.{parameter}"], StringComparer.Ordinal), Slope(golden, io));
        io.AssertAllCompared();
    }

    /// <summary>The derivative of the reference's sum along a direction of one parameter, by differences in double.</summary>
    private static Func<string, Tensor, double> Slope(GoldenCase golden, GoldenTensors io) => (name, direction) =>
    {
        const double step = 1e-5;
        using var scope = NewDisposeScope();
        using var guard = no_grad();
        var waveform = io["in.input_values"];
        using var encoder = Encoder(golden, new ModuleScope("audio.encoder", ScalarType.Float64, CPU), waveform.shape[1]);
        var parameter = encoder.named_parameters().Single(pair => pair.name == name).parameter;
        return (SumAt(step) - SumAt(-2 * step)) / (2 * step);

        double SumAt(double distance)
        {
            parameter.add_(direction.mul(distance));
            return encoder.Features(waveform).mul(io["in.cotangent"]).sum().item<double>();
        }
    };

    private static HubertEncoder Encoder(GoldenCase golden, ModuleScope module, long samples) =>
        (HubertEncoder)EncoderCatalog.All.Component("hubert", new HubertOptions { Checkpoint = golden.Folder, Seconds = samples / 16_000.0 }).Create(new EncoderContext(module, 0));
}
