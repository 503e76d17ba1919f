using TrainMm.Core.Roles;
using TrainMm.Core.Weights;
using TrainMm.Models;
using TrainMm.Models.Encoders;
using TrainMm.Models.Encoders.ClipVit;
using TrainMm.Models.Layers;
using TrainMm.ParityTests.Golden;
using Xunit.Abstractions;
using static TorchSharp.torch;

namespace TrainMm.ParityTests.Models;

public sealed class ClipVisionTests(ITestOutputHelper output)
{
    [GoldenTheory("clip_vision")]
    public void EqualsTheReference(string name)
    {
        var golden = GoldenCases.All.Single(each => each.Name == name);
        using var scope = NewDisposeScope();
        using var io = new GoldenTensors(golden);
        using var report = new ParityReport(golden, output);
        var sizes = ClipVitArchitecture.Read(golden.Config);
        using var encoder = Whole(golden, sizes);
        var pixels = io["in.pixel_values"];

        var seen = new List<Tensor>();
        var last = encoder.Features(pixels, (_, state) => seen.Add(state));
        for (var i = 0; i <= sizes.NumHiddenLayers; i++) report.Compare("out", $"hidden_states.{i}", seen[i], io[$"out.hidden_states.{i}"]);
        report.Compare("out", "last_hidden_state", last, io["out.last_hidden_state"]);
        var pooled = encoder.Pool(last);
        if (io.Optional("out.pooler_output") is { } vector) report.Compare("out", "pooler_output", pooled, vector);
        if (io.Optional("out.image_embeds") is { } projected) report.Compare("out", "image_embeds", nn.functional.linear(pooled, Projection(golden)), projected);
        if (io.Optional("out.llava_features") is { } features)
        {
            using var selected = Selected(golden, FeatureSelection.Patch);
            report.Compare("out", "llava_features", selected.Encode(pixels), features);
            Assert.Equal([features.shape[1], features.shape[2]], (long[])[selected.Output.Tokens, selected.Output.Width]);
        }

        using var whole = Selected(golden, FeatureSelection.Pooled);
        report.Compare("out", "pooled encoder", whole.Encode(pixels).squeeze(1), pooled);

        last.mul(io["in.cotangent"]).sum().backward();
        var gradients = encoder.named_parameters().Where(pair => pair.parameter.grad is not null).ToDictionary(pair => pair.name, pair => pair.parameter.grad!, StringComparer.Ordinal);
        report.CompareGradients(gradients, io.Under("grad.").ToDictionary(parameter => parameter, parameter => io[$"grad.{parameter}"], StringComparer.Ordinal));
        io.AssertAllCompared();
    }

    /// <summary>The whole tower, its pooled output included, every parameter with a gradient.</summary>
    private static ClipVitEncoder Whole(GoldenCase golden, ClipVitArchitecture sizes)
    {
        var scope = new ModuleScope("image.encoder", ScalarType.Float32, CPU, new TrainablePaths(["image.encoder"]));
        var encoder = new ClipVitEncoder(sizes, sizes.NumHiddenLayers, FeatureSelection.ClsPatch, ClipPreprocessing.Read(folder: null, sizes.ImageSize), scope, pools: true);
        using var source = WeightSource.Open(golden.Folder);
        WeightLoader.Load(scope.Parameters, source, ClipVitLayout.For(sizes, sizes.NumHiddenLayers, pools: true));
        return encoder;
    }

    /// <summary>CLIP's projection into the space it shares with text, which no multimodal LLM uses.</summary>
    private static Tensor Projection(GoldenCase golden)
    {
        using var source = WeightSource.Open(golden.Folder);
        return source.Read("visual_projection.weight");
    }

    /// <summary>The encoder as a run builds it, by default with the second last layer's patches and nothing built beyond.</summary>
    private static IModalityEncoder Selected(GoldenCase golden, FeatureSelection features) => EncoderCatalog.All
        .Component("clip_vit", new ClipVitOptions { Checkpoint = golden.Folder, SelectFeature = features })
        .Create(new EncoderContext(new ModuleScope("image.encoder", ScalarType.Float32, CPU), 0));
}
