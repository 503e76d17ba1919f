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
    [GoldenTheory("whisper")]
    public void EqualsTheReference(string name)
    {
        var golden = GoldenCases.All.Single(each => each.Name == name);
        using var scope = NewDisposeScope();
        using var io = new GoldenTensors(golden);
        using var report = new ParityReport(golden, output);
        var module = new ModuleScope("audio.encoder", ScalarType.Float32, CPU, new TrainablePaths(["audio.encoder"]));
        using var encoder = (WhisperEncoder)EncoderCatalog.All.Component("whisper", new WhisperOptions { Checkpoint = golden.Folder }).Create(new EncoderContext(module, 0));
        using var source = WeightSource.Open(golden.Folder);
        var decoder = new GoldenWhisperDecoder(golden.Config, source);
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

        // The reference keeps the encoder's positions as they are.
        var given = io.Under("grad.").ToHashSet(StringComparer.Ordinal);
        var parameters = encoder.named_parameters().Concat(decoder.Parameters.Select(pair => (name: pair.Key, parameter: pair.Value)))
            .Where(pair => given.Contains(pair.name)).ToDictionary(pair => pair.name, pair => pair.parameter, StringComparer.Ordinal);
        GoldenTraining.Compare(io, "", report, parameters, () => Loss(decoder.Logits(labels, encoder.Features(spectrogram)), labels));
        io.AssertAllCompared();
    }

    private static Tensor Loss(Tensor logits, Tensor labels) => nn.functional.cross_entropy(logits.reshape(-1, logits.shape[2]), labels.reshape(-1), ignore_index: -100);
}
