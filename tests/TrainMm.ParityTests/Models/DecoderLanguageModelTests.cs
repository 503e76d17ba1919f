using TrainMm.Core.Roles;
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
        CompareNewerWindow(golden, io, report, ids, mask, labels);
        CompareRouting(io, report, built, ids, mask);
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

    /// <summary>A sliding window that counts the token itself.</summary>
    private static void CompareNewerWindow(GoldenCase golden, GoldenTensors io, ParityReport report, Tensor ids, Tensor mask, Tensor labels)
    {
        if (!io.Has("out.logits_newer_hf")) return;
        using var newer = new GoldenLanguageModel(golden, new TrainablePaths([]), settings: ("WindowCountsItself", true));
        var logits = newer.Logits(ids, mask, io.Optional("in.position_ids"));
        report.Compare("out", "logits_newer_hf", logits, io["out.logits_newer_hf"], mask);
        report.Compare("out", "loss_newer_hf", GoldenTraining.CausalLoss(logits, labels), io["out.loss_newer_hf"]);
    }

    /// <summary>What the routers of a mixture of experts say, and the loss on their load.</summary>
    private static void CompareRouting(GoldenTensors io, ParityReport report, GoldenLanguageModel built, Tensor ids, Tensor mask)
    {
        if (!io.Has("out.aux_loss")) return;
        RouterOutput? said = null;
        var input = new DecoderInput { AttentionMask = mask.ne(0), Positions = io.Optional("in.position_ids"), Routing = each => said = each };
        var hidden = built.Model.Decode(built.Model.Embed(ids), input);
        for (var i = 0; i < said!.Logits.Count; i++)
        {
            if (io.Optional($"out.router_logits.{i}") is { } expected) report.Compare("out", $"router_logits.{i}", said.Logits[i], expected, mask.reshape(-1));
        }

        report.Compare("out", "aux_loss", said.Loss, io["out.aux_loss"]);
        report.Compare("out", "loss_with_aux", io["out.loss"].add(said.Loss.mul(said.Weight)), io["out.loss_with_aux"]);
        long[] some = [0, 3, 5];
        var wanted = built.Model.Decode(built.Model.Embed(ids), input with { Wanted = tensor(some) });
        Assert.True(wanted.sub(hidden.reshape(-1, hidden.shape[2]).index_select(0, tensor(some))).abs().max().item<float>() < 1e-6);
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
