using TrainMm.Models;
using TrainMm.Models.LanguageModels.Generation;
using TrainMm.Models.Peft;
using TrainMm.ParityTests.Golden;
using Xunit.Abstractions;
using static TorchSharp.torch;

namespace TrainMm.ParityTests.Models;

public sealed class DecoderLanguageModelTests(ITestOutputHelper output)
{
    [GoldenTheory("decoder_lm")]
    public void EqualsTheReference(string name)
    {
        var golden = GoldenCases.All.Single(each => each.Name == name);
        using var scope = NewDisposeScope();
        using var io = new GoldenTensors(golden);
        using var report = new ParityReport(golden, output);
        using var built = new GoldenLanguageModel(golden, new TrainablePaths([PeftContext.Root]));
        var (ids, mask, labels, positions) = (io["in.input_ids"], io["in.attention_mask"], io["in.labels"], io.Optional("in.position_ids"));

        CompareOutputs(io, report, built, ids, mask, positions);
        report.Compare("out", "loss", GoldenTraining.CausalLoss(built.Logits(ids, mask, positions), labels), io["out.loss"]);
        var ours = built.Model.Module.named_parameters().ToDictionary(pair => pair.name, pair => pair.parameter, StringComparer.Ordinal);
        CompareGenerated(golden, io, built);
        GoldenTraining.Compare(
            io,
            "",
            report,
            io.Under("grad.").ToDictionary(each => each, each => ours[each], StringComparer.Ordinal),
            () => GoldenTraining.CausalLoss(built.Logits(ids, mask, positions), labels));
        io.AssertAllCompared();
    }

    private static void CompareOutputs(GoldenTensors io, ParityReport report, GoldenLanguageModel built, Tensor ids, Tensor mask, Tensor? positions)
    {
        var layers = built.Model.Spec.Layers;
        var seen = new List<Tensor>();
        var hidden = built.Hidden(ids, mask, positions, (_, state) => seen.Add(state));
        seen[layers] = hidden;
        for (var i = 0; i <= layers; i++)
        {
            if (io.Optional($"out.hidden_states.{i}") is { } expected) report.Compare("out", $"hidden_states.{i}", seen[i], expected, mask);
        }

        report.Compare("out", "logits", built.Model.Logits(hidden), io["out.logits"], mask);
    }

    private static void CompareGenerated(GoldenCase golden, GoldenTensors io, GoldenLanguageModel built)
    {
        if (!io.Has("out.generated")) return;
        var (prompt, expected) = (io["in.prompt"], io["out.generated"]);
        var mask = io.Optional("in.prompt_attention_mask") ?? ones(prompt.shape, ScalarType.Int64);
        var start = (int)prompt.shape[1];
        var options = new GenerationOptions
        {
            MaxNewTokens = (int)expected.shape[1] - start,
            StopIds = [.. golden.Config.Numbers("eos_token_id").Select(id => (int)id)],
        };
        var texts = new TextDecoder(built.Model).Generate(new GenerationPrompt(built.Model.Embed(prompt), mask.ne(0)), options);
        for (var row = 0; row < texts.Count; row++)
        {
            var reference = expected[row].data<long>().ToArray()[start..];
            Assert.Equal(reference.Take(texts[row].Length), texts[row].Select(id => (long)id));
        }
    }
}
