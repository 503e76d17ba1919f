using TrainMm.Core.Roles;
using TrainMm.Core.Weights;
using TrainMm.Models;
using TrainMm.Models.Encoders;
using TrainMm.Models.Encoders.Whisper;
using TrainMm.Models.Layers;
using TrainMm.ParityTests.Golden;
using Xunit.Abstractions;
using static TorchSharp.torch;

namespace TrainMm.ParityTests.Models;

public sealed class WhisperTests(ITestOutputHelper output)
{
    /// <summary>AdamW moves a value by its rate of 1e-3 at most, but for what decay and momentum add: how far apart two steps along other gradients can bring it.</summary>
    private const double LargestStray = 5e-3;

    [GoldenTheory("whisper")]
    public void EqualsTheReference(string name)
    {
        var golden = GoldenCases.All.Single(each => each.Name == name);
        using var scope = NewDisposeScope();
        using var io = new GoldenTensors(golden);
        using var report = new ParityReport(golden, output);
        var module = new ModuleScope("audio.encoder", ScalarType.Float32, CPU, new TrainablePaths(["audio.encoder"]));
        using var encoder = Encoder(golden, module);
        using var source = WeightSource.Open(golden.Folder);
        var decoder = new GoldenWhisperDecoder(golden.Config, source, ScalarType.Float32);
        var (spectrogram, labels) = (io["in.input_features"], io["in.labels"]);

        var (encoded, decoded) = (new List<Tensor>(), new List<Tensor>());
        var features = encoder.Features(spectrogram, (_, state) => encoded.Add(state));
        var logits = decoder.Logits(labels, features, decoded.Add);
        for (var i = 0; i < encoded.Count; i++) report.Compare("out", $"encoder_hidden_states.{i}", encoded[i], io[$"out.encoder_hidden_states.{i}"]);
        for (var i = 0; i < decoded.Count; i++) report.Compare("out", $"decoder_hidden_states.{i}", decoded[i], io[$"out.decoder_hidden_states.{i}"]);
        report.Compare("out", "encoder_last_hidden_state", encoder.Encode(spectrogram), io["out.encoder_last_hidden_state"]);
        report.Compare("out", "logits", logits, io["out.logits"]);
        report.Compare("out", "loss", Loss(logits, labels), io["out.loss"]);
        Assert.Equal([features.shape[1], features.shape[2]], (long[])[encoder.Output.Tokens, encoder.Output.Width]);
        Assert.Equal(spectrogram.shape[1..], (long[])[((LogMelSpec)encoder.Input).MelBins, ((LogMelSpec)encoder.Input).Frames]);

        CompareTraining(golden, io, report, encoder, decoder);
        io.AssertAllCompared();
    }

    private static void CompareTraining(GoldenCase golden, GoldenTensors io, ParityReport report, WhisperEncoder encoder, GoldenWhisperDecoder decoder)
    {
        // The encoder's positions are fixed: the reference gives no gradient for them.
        var theirs = io.Under("grad.").ToDictionary(name => name, name => io[$"grad.{name}"], StringComparer.Ordinal);
        var parameters = encoder.named_parameters().Concat(decoder.Parameters.Select(pair => (name: pair.Key, parameter: pair.Value)))
            .Where(pair => theirs.ContainsKey(pair.name)).ToDictionary(pair => pair.name, pair => pair.parameter, StringComparer.Ordinal);
        var losses = io["train.losses"].data<float>().ToArray();
        var optimiser = new ReferenceAdamW([.. parameters.Values]);
        var refuted = (IReadOnlySet<string>)new HashSet<string>(StringComparer.Ordinal);
        for (var step = 0; step < losses.Length; step++)
        {
            var loss = Loss(decoder.Logits(io["in.labels"], encoder.Features(io["in.input_features"])), io["in.labels"]);

            // After a second step along gradients that are none, and that are not recorded, the reference is elsewhere.
            if (refuted.Count == 0 || step < 2) report.Compare("train", $"losses.{step}", loss, tensor(losses[step]));
            if (step == losses.Length - 1) break;
            loss.backward();
            if (step == 0)
            {
                refuted = report.CompareGradients(parameters.ToDictionary(pair => pair.Key, pair => pair.Value.grad!, StringComparer.Ordinal), theirs, Slope(golden, io));
                foreach (var name in refuted) parameters[name].grad = theirs[name];
                report.Compare("grad", "grad_norm", tensor(optimiser.GradientNorm()), io["train.grad_norm"]);
            }

            optimiser.Step();
        }

        foreach (var (name, parameter) in parameters)
        {
            var expected = io[$"adamw3.{name}"];
            if (refuted.Count == 0) report.CompareUpdated(name, parameter, expected, theirs[name]);
            else Assert.True(parameter.sub(expected).abs().max().item<float>() <= LargestStray, $"{golden.Name}: {name} is further from the reference's than two steps can take it");
        }
    }

    /// <summary>The loss's derivative along a direction of one parameter, by differences in double.</summary>
    private static Func<string, Tensor, double> Slope(GoldenCase golden, GoldenTensors io) => (name, direction) =>
    {
        const double step = 1e-5;
        using var scope = NewDisposeScope();
        using var guard = no_grad();
        using var source = WeightSource.Open(golden.Folder);
        using var encoder = Encoder(golden, new ModuleScope("audio.encoder", ScalarType.Float64, CPU));
        var decoder = new GoldenWhisperDecoder(golden.Config, source, ScalarType.Float64);
        var parameter = decoder.Parameters.GetValueOrDefault(name) ?? encoder.named_parameters().Single(pair => pair.name == name).parameter;
        return (LossAt(step) - LossAt(-2 * step)) / (2 * step);

        double LossAt(double distance)
        {
            parameter.add_(direction.mul(distance));
            return Loss(decoder.Logits(io["in.labels"], encoder.Features(io["in.input_features"])), io["in.labels"]).item<double>();
        }
    };

    private static WhisperEncoder Encoder(GoldenCase golden, ModuleScope module) =>
        (WhisperEncoder)EncoderCatalog.All.Component("whisper", new WhisperOptions { Checkpoint = golden.Folder }).Create(new EncoderContext(module, 0));

    private static Tensor Loss(Tensor logits, Tensor labels) => nn.functional.cross_entropy(logits.reshape(-1, logits.shape[2]), labels.reshape(-1), ignore_index: -100);
}
