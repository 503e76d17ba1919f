using System.Globalization;
using TrainMm.Models.Encoders;
using TrainMm.Models.Encoders.EvaClip;
using TrainMm.Models.Encoders.Vision;
using TrainMm.Models.Layers;
using TrainMm.ParityTests.Golden;
using Xunit.Abstractions;
using static TorchSharp.torch;

namespace TrainMm.ParityTests.Models;

/// <summary>EVA-CLIP's and EVA02-CLIP's towers give what EVA-CLIP's code gives: every layer, the normed class token, the pooled vector, and gradients.</summary>
public sealed class EvaClipTests(ITestOutputHelper output)
{
    [GoldenTheory("eva_clip", "eva02_clip")]
    public void EqualsTheReference(string name)
    {
        var golden = GoldenCases.All.Single(each => each.Name == name);
        using var scope = NewDisposeScope();
        using var io = new GoldenTensors(golden);
        using var report = new ParityReport(golden, output);
        var sizes = EvaClipArchitecture.Read(golden.Config);
        using var built = new GoldenTower(golden, sizes);
        var pixels = io["in.pixel_values"];

        var last = built.CompareLayers(io, report, pixels, layer => layer == 0 ? null : string.Create(CultureInfo.InvariantCulture, $"block.{layer - 1}"));
        if (io.Optional("out.normed_cls") is { } first) report.Compare("out", "normed_cls", built.Tower.Norm(last).select(1, 0), first);
        var pooled = built.Tower.Pool(last);
        report.Compare("out", "image_embeds", pooled, io["out.image_embeds"]);
        using var encoder = VisionTowerEncoder.Create(
            new EvaClipOptions { Checkpoint = golden.Folder, SelectFeature = FeatureSelection.Pooled },
            new EncoderContext(new ModuleScope("image.encoder", ScalarType.Float32, CPU), 0));
        report.Compare("out", "encoder", encoder.Encode(pixels).squeeze(1), io["out.image_embeds"]);
        using var inner = VisionTowerEncoder.Create(
            new EvaClipOptions { Checkpoint = golden.Folder, SelectLayer = 1 },
            new EncoderContext(new ModuleScope("image.encoder", ScalarType.Float32, CPU), 0));
        var block = io["out.block.0"];
        report.Compare("out", "encoder", inner.Encode(pixels), block.narrow(1, 1, block.shape[1] - 1));

        built.CompareGradients(io, report, pooled.mul(io["in.cotangent"]).sum(), prefix: "visual.");
        io.AssertAllCompared();
    }
}
