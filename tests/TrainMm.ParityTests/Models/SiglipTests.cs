using TrainMm.Models.Encoders.Siglip;
using TrainMm.ParityTests.Golden;
using Xunit.Abstractions;
using static TorchSharp.torch;

namespace TrainMm.ParityTests.Models;

/// <summary>SigLIP's vision tower gives what Hugging Face's gives, alone and under the sigmoid loss with the text tower, for which the test has one of its own.</summary>
public sealed class SiglipTests(ITestOutputHelper output)
{
    [GoldenTheory("siglip")]
    public void EqualsTheReference(string name)
    {
        var golden = GoldenCases.All.Single(each => each.Name == name);
        using var scope = NewDisposeScope();
        using var io = new GoldenTensors(golden);
        using var report = new ParityReport(golden, output);
        using var vision = new GoldenTower(golden, SiglipArchitecture.Read(golden.Config));
        using var text = new GoldenSiglipText(golden);
        var (pixels, ids, mask) = (io["in.pixel_values"], io["in.input_ids"], io.Optional("in.attention_mask"));

        var last = vision.CompareLayers(io, report, pixels, layer => io.Has($"out.hidden_states.{layer}") ? $"hidden_states.{layer}" : null);
        report.Compare("out", "vision_last_hidden_state", vision.Tower.Norm(last), io["out.vision_last_hidden_state"]);
        report.Compare("out", "vision_pooler_output", vision.Tower.Pool(last), io["out.vision_pooler_output"]);
        report.Compare("out", "image_embeds", Unit(vision.Tower.Pool(last)), io["out.image_embeds"]);
        report.Compare("out", "text_embeds", Unit(text.Pooled(ids, mask)), io["out.text_embeds"]);
        report.Compare("out", "logits_per_text", Logits(), io["out.logits_per_text"]);
        report.Compare("out", "loss", Loss(), io["out.loss"]);
        var parameters = vision.Parameters.Concat(text.Parameters).ToDictionary(pair => pair.Key, pair => pair.Value, StringComparer.Ordinal);
        GoldenTraining.Compare(io, "", report, io.Under("grad.").ToDictionary(each => each, each => parameters[each], StringComparer.Ordinal), Loss);
        io.AssertAllCompared();

        Tensor Logits() => Unit(text.Pooled(ids, mask)).matmul(Unit(vision.Tower.Pool(vision.Tower.Forward(pixels))).t()).mul(text.Scale.exp()).add(text.Bias);

        // Arxiv:2303.15343, equation 1 with the sign of each pair: 1 on the diagonal, −1 elsewhere.
        Tensor Loss()
        {
            var logits = Logits();
            var signs = eye(logits.shape[0]).mul(2).sub(1);
            return signs.mul(logits).sigmoid().log().sum().neg().div(logits.shape[0]);
        }
    }

    private static Tensor Unit(Tensor vectors) => vectors.div(vectors.pow(2).sum([-1], keepdim: true).sqrt());
}
