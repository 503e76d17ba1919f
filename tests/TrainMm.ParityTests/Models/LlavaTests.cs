using TrainMm.Core;
using TrainMm.Core.Weights;
using TrainMm.Models;
using TrainMm.ParityTests.Golden;
using Xunit.Abstractions;
using static TorchSharp.torch;

namespace TrainMm.ParityTests.Models;

public sealed class LlavaTests(ITestOutputHelper output)
{
    /// <summary>The image token of the original LLaVA (<c>IMAGE_TOKEN_INDEX</c>), which is no row of the embedding table.</summary>
    private const long OriginalImageToken = -200;

    [GoldenTheory("llava", "llava_peft", "llava_original")]
    public void EqualsTheReference(string name)
    {
        var golden = GoldenCases.All.Single(each => each.Name == name);
        using var scope = NewDisposeScope();
        using var io = new GoldenTensors(golden);
        using var report = new ParityReport(golden, output);
        foreach (var stage in Stages(io))
        {
            var names = io.Under($"{stage}grad.");
            var trained = new TrainablePaths([.. names.Select(each => GoldenLlava.Ours(golden, each))]);
            using var model = GoldenLlava.Build(golden, trained);
            using var batch = Expand(golden, io, model);
            CompareOutputs(io, report, model, batch);
            var parameters = GoldenLlava.Parameters(golden, model, names);
            Assert.Equal(names.Count, model.parameters().Count(parameter => parameter.requires_grad));
            GoldenTraining.Compare(io, stage, report, parameters, () => GoldenTraining.CausalLoss(model.LanguageModel.Logits(model.Hidden(batch)), batch.Labels));
        }

        io.AssertAllCompared();
    }

    /// <summary>The prefixes of what was recorded for each set of trained parameters: <c>stage1.</c>, or none.</summary>
    private static string[] Stages(GoldenTensors io) =>
        [.. io.Under("").Where(name => name.EndsWith("train.losses", StringComparison.Ordinal)).Select(name => name[..^"train.losses".Length])];

    private static Batch Expand(GoldenCase golden, GoldenTensors io, MultimodalModel model)
    {
        var original = golden.Kind == "llava_original";
        var config = golden.Config;
        var inputs = golden.Base is null ? io : new GoldenTensors(GoldenCase.Open(golden.Base));
        using var ofBase = golden.Base is null ? null : inputs;
        var source = io.Has("in.input_ids") ? io : inputs;
        var ids = source["in.input_ids"];
        var padsLeft = original ? config.Text("tokenizer_padding_side", "right") == "left" : !EndsWithPadding(ids, config);
        return GoldenLlavaBatch.Make(
            ids,
            source["in.attention_mask"],
            source["in.labels"],
            source["in.pixel_values"],
            original ? OriginalImageToken : config.Integer("image_token_index", 32000),
            model.Modalities["image"].TokensPerMedium,
            padsLeft,
            keepsPadding: !original);
    }

    /// <summary>How Hugging Face's LLaVA tells which side is padded: by whether some row's last token is the padding token.</summary>
    private static bool EndsWithPadding(Tensor ids, HuggingFaceConfig config)
    {
        var pad = config.Has("pad_token_id") ? config.Integer("pad_token_id") : -1;
        return ids.select(1, ids.shape[1] - 1).eq(pad).any().item<bool>();
    }

    private static void CompareOutputs(GoldenTensors io, ParityReport report, MultimodalModel model, Batch batch)
    {
        var mask = batch.AttentionMask.to_type(ScalarType.Int64);
        foreach (var (name, ours) in ((string, Tensor)[])[("attention_mask", mask), ("labels", batch.Labels), ("position_ids", batch.Positions)])
        {
            if (io.Optional($"out.merged_{name}") is { } expected) Assert.Equal(expected.data<long>().ToArray(), ours.data<long>().ToArray());
        }

        var path = model.Modalities["image"];
        var features = path.Encode(batch.Media["image"].Values);
        var (fused, input) = model.Fuse(batch);
        var states = new List<Tensor>();
        var hidden = model.LanguageModel.Decode(fused, input with { Observe = (_, state) => states.Add(state) });
        states[^1] = hidden;
        var logits = model.LanguageModel.Logits(hidden);
        Compare("clip_features", features);
        Compare("projector", path.Projector.Project(features));
        Compare("merged_embeds", fused, mask);
        for (var i = 0; i < states.Count; i++) Compare($"hidden_states.{i}", states[i], mask);
        Compare("logits", logits, mask);
        Compare("loss", GoldenTraining.CausalLoss(logits, batch.Labels));

        void Compare(string name, Tensor ours, Tensor? where = null)
        {
            if (io.Optional($"out.{name}") is { } expected) report.Compare("out", name, ours, expected, where);
        }
    }
}
