using TrainMm.Core.Weights;
using TrainMm.Models;
using TrainMm.Models.Encoders;
using TrainMm.Models.Encoders.ClipText;
using TrainMm.Models.Encoders.ClipVit;
using TrainMm.Models.Layers;
using TrainMm.ParityTests.Golden;
using Xunit.Abstractions;
using static TorchSharp.torch;

namespace TrainMm.ParityTests.Models;

/// <summary>A whole CLIP: both towers, their projections and the contrastive loss, whose gradients reach every parameter.</summary>
public sealed class ClipTests(ITestOutputHelper output)
{
    [GoldenTheory("clip")]
    public void EqualsTheReference(string name)
    {
        var golden = GoldenCases.All.Single(each => each.Name == name);
        using var scope = NewDisposeScope();
        using var io = new GoldenTensors(golden);
        using var report = new ParityReport(golden, output);
        var part = new ModuleScope("clip", ScalarType.Float32, CPU, new TrainablePaths(["clip"]));
        var (visionSizes, textSizes) = (ClipVitArchitecture.Read(golden.Config), ClipTextArchitecture.Read(golden.Config));
        using var vision = new ClipVitEncoder(visionSizes, visionSizes.NumHiddenLayers, FeatureSelection.ClsPatch, ClipPreprocessing.Read(folder: null, visionSizes.ImageSize), part, pools: true);
        using var text = new ClipTextModel(textSizes, part);
        var shared = golden.Config.Integer("projection_dim", 512);
        var ofImages = part.Child("visual_projection").Parameter("weight", shared, visionSizes.HiddenSize);
        var ofTexts = part.Child("text_projection").Parameter("weight", shared, textSizes.HiddenSize);
        var scale = part.Parameter("logit_scale");
        using (var source = WeightSource.Open(golden.Folder)) WeightLoader.Load(part.Parameters, source, new KeyMap("CLIPModel", [new("", "")], [".position_ids"]));
        var (pixels, ids, mask) = (io["in.pixel_values"], io["in.input_ids"], io.Optional("in.attention_mask"));

        report.Compare("out", "text_last_hidden_state", text.Forward(ids, mask?.ne(0)), io["out.text_last_hidden_state"], mask);
        report.Compare("out", "image_embeds", Images(), io["out.image_embeds"]);
        report.Compare("out", "text_embeds", Texts(), io["out.text_embeds"]);
        report.Compare("out", "logits_per_image", Logits(), io["out.logits_per_image"]);
        report.Compare("out", "loss", Loss(), io["out.loss"]);
        GoldenTraining.Compare(io, "", report, io.Under("grad.").ToDictionary(each => each, each => part.Parameters[each], StringComparer.Ordinal), Loss);
        io.AssertAllCompared();

        Tensor Images() => Unit(nn.functional.linear(vision.Pool(vision.Features(pixels)), ofImages));
        Tensor Texts() => Unit(nn.functional.linear(text.Pool(text.Forward(ids, mask?.ne(0)), ids), ofTexts));
        Tensor Logits() => Images().matmul(Texts().t()).mul(scale.exp());

        // Each image's text among all texts, and each text's image among all images.
        Tensor Loss()
        {
            var logits = Logits();
            var own = arange(logits.shape[0], ScalarType.Int64);
            return nn.functional.cross_entropy(logits, own).add(nn.functional.cross_entropy(logits.t(), own)).div(2);
        }
    }

    private static Tensor Unit(Tensor vectors) => vectors.div(vectors.pow(2).sum([-1], keepdim: true).sqrt());
}
