using TrainMm.Models.Encoders;
using TrainMm.Models.Encoders.Dinov2;
using TrainMm.Models.Encoders.Vision;
using TrainMm.Models.Encoders.Vit;
using TrainMm.Models.Layers;
using TrainMm.ParityTests.Golden;
using Xunit.Abstractions;
using static TorchSharp.torch;

namespace TrainMm.ParityTests.Models;

/// <summary>ViT and DINOv2 give what Hugging Face's models give: every layer, the normed output, the pooled vector, other picture sizes, and gradients.</summary>
public sealed class VitTests(ITestOutputHelper output)
{
    private const string OtherSize = "pixel_values_";

    [GoldenTheory("vit")]
    public void VitEqualsTheReference(string name) => Compare(name, golden => VitArchitecture.Read(golden.Config));

    [GoldenTheory("dinov2")]
    public void Dinov2EqualsTheReference(string name) => Compare(name, golden => Dinov2Architecture.Read(golden.Config));

    [GoldenTheory("vit")]
    public void AnEncoderHandsOnTheTowersOutput(string name)
    {
        var golden = GoldenCases.All.Single(each => each.Name == name);
        using var scope = NewDisposeScope();
        using var io = new GoldenTensors(golden);
        using var report = new ParityReport(golden, output);
        var (pixels, last, pooled) = (io["in.pixel_values"], io["out.last_hidden_state"], io.Optional("out.pooler_output"));
        using var normed = Encoder(new() { Checkpoint = golden.Folder, SelectLayer = -1, FinalNorm = true, SelectFeature = FeatureSelection.ClsPatch });
        report.Compare("out", "encoder", normed.Encode(pixels), last);
        using var patches = Encoder(new() { Checkpoint = golden.Folder, SelectLayer = -1, FinalNorm = true });
        report.Compare("out", "encoder", patches.Encode(pixels), last.narrow(1, 1, last.shape[1] - 1));
        if (pooled is null) return;
        using var vector = Encoder(new() { Checkpoint = golden.Folder, SelectFeature = FeatureSelection.Pooled });
        report.Compare("out", "encoder", vector.Encode(pixels).squeeze(1), pooled);

        static VisionTowerEncoder Encoder(VitOptions options) =>
            VisionTowerEncoder.Create(options, new EncoderContext(new ModuleScope("image.encoder", ScalarType.Float32, CPU), 0));
    }

    private void Compare(string name, Func<GoldenCase, IVisionArchitecture> read)
    {
        var golden = GoldenCases.All.Single(each => each.Name == name);
        using var scope = NewDisposeScope();
        using var io = new GoldenTensors(golden);
        using var report = new ParityReport(golden, output);
        using var built = new GoldenTower(golden, read(golden), pools: io.Has("out.pooler_output"));

        var last = built.CompareLayers(io, report, io["in.pixel_values"], layer => $"hidden_states.{layer}");
        var normed = built.Tower.Norm(last);
        report.Compare("out", "last_hidden_state", normed, io["out.last_hidden_state"]);
        if (io.Optional("out.pooler_output") is { } pooled) report.Compare("out", "pooler_output", built.Tower.Pool(last), pooled);
        foreach (var size in io.Under($"in.{OtherSize}"))
        {
            var other = built.Tower.Norm(built.Tower.Forward(io[$"in.{OtherSize}{size}"]));
            report.Compare("out", $"last_hidden_state_{size}", other, io[$"out.last_hidden_state_{size}"]);
        }

        built.CompareGradients(io, report, normed.mul(io["in.cotangent"]).sum());
        io.AssertAllCompared();
    }
}
