using TrainMm.Core.Weights;
using TrainMm.Models;
using TrainMm.Models.InputProjectors.QFormer;
using TrainMm.Models.Layers;
using TrainMm.ParityTests.Golden;
using Xunit.Abstractions;
using static TorchSharp.torch;

namespace TrainMm.ParityTests.Models;

/// <summary>InstructBLIP's Q-Former by itself: queries and instruction side by side.</summary>
public sealed class InstructBlipQFormerTests(ITestOutputHelper output)
{
    [GoldenTheory("instructblip_qformer")]
    public void EqualsTheReference(string name)
    {
        var golden = GoldenCases.All.Single(each => each.Name == name);
        using var scope = NewDisposeScope();
        using var io = new GoldenTensors(golden);
        using var report = new ParityReport(golden, output);
        var sizes = QFormerArchitecture.Read(golden.Config);
        var place = new ModuleScope("qformer", ScalarType.Float32, CPU, new TrainablePaths(["qformer"]));
        using var model = new QFormerModel(sizes, golden.Config.Integer("encoder_hidden_size", 1408), place);
        using (var source = WeightSource.Open(golden.Folder)) WeightLoader.Load(place.Parameters, source, KeyMap.Identity with { IgnoredSuffixes = [".position_ids"] });

        var seen = new List<Tensor>();
        var attended = io["in.attention_mask"].ne(0);
        var last = model.Forward(new QFormerInput
        {
            Queries = io["in.query_embeds"],
            TextIds = io["in.input_ids"],
            Attended = attended,
            Features = io["in.encoder_hidden_states"],
            Observe = (_, state) => seen.Add(state),
        });
        for (var i = 0; i < seen.Count; i++) report.Compare("out", $"hidden_states.{i}", seen[i], io[$"out.hidden_states.{i}"], attended);
        report.Compare("out", "last_hidden_state", last, io["out.last_hidden_state"], attended);

        last.mul(io["in.cotangent"]).sum().backward();
        var gradients = model.named_parameters().ToDictionary(pair => pair.name, pair => pair.parameter.grad!, StringComparer.Ordinal);
        report.CompareGradients(gradients, io.Under("grad.").ToDictionary(parameter => parameter, parameter => io[$"grad.{parameter}"], StringComparer.Ordinal));
        io.AssertAllCompared();
    }
}
