using TrainMm.Core.Diagnostics;
using TrainMm.Models;
using TrainMm.Models.Fusion.GatedCrossAttention;
using TrainMm.Models.Fusion.LlamaAdapter;
using TrainMm.Tests.Models.LanguageModels;
using static TorchSharp.torch;

namespace TrainMm.Tests.Models.Fusion;

/// <summary>What holds for every fusion that acts within the layers, in every language model.</summary>
public sealed class LayerFusionTests
{
    public static TheoryData<string> Kinds => [.. TinyFusions.Kinds];

    public static TheoryData<string, string> Pairs
    {
        get
        {
            var pairs = new TheoryData<string, string>();
            foreach (var languageModel in TinyLanguageModels.Decoders)
            {
                foreach (var kind in TinyFusions.Kinds) pairs.Add(kind, languageModel);
            }

            return pairs;
        }
    }

    [Theory]
    [MemberData(nameof(Pairs))]
    public void ItStartsAsTheFrozenLanguageModelAndThenDiffers(string kind, string languageModel)
    {
        using var scope = NewDisposeScope();
        using var guard = no_grad();
        using var model = TinyFusions.Build(kind, languageModel);
        var (embeddings, input) = model.Fuse(TinyFusions.Batch(model, TinyFusions.Rows));
        Assert.NotNull(input.Fusion);
        var frozen = model.LanguageModel.Decode(embeddings, input with { Fusion = null, AdapterMask = null });
        // An expert's product has fewer rows than the language model's, and so other last bits; closed gates add zeros.
        Assert.InRange(TinyFusions.Difference(frozen, model.LanguageModel.Decode(embeddings, input)), 0, kind == "visual_expert" ? 1e-4 : 0);
        TinyFusions.Disturb(model);
        (embeddings, input) = model.Fuse(TinyFusions.Batch(model, TinyFusions.Rows));
        var changed = model.LanguageModel.Decode(embeddings, input);
        Assert.True(TinyFusions.Difference(model.LanguageModel.Decode(embeddings, input with { Fusion = null, AdapterMask = null }), changed) > 1e-3);
        var wanted = tensor(new long[] { 0, 4, 7, 9 });
        Assert.InRange(TinyFusions.Difference(changed.reshape(-1, changed.shape[2]).index_select(0, wanted), model.LanguageModel.Decode(embeddings, input with { Wanted = wanted })), 0, 1e-4);
    }

    [Theory]
    [MemberData(nameof(Pairs))]
    public void ContinuingWithACacheIsContinuingFromTheBeginning(string kind, string languageModel)
    {
        if (languageModel == "chatglm") return; // its prompt is a prefix: a text read anew has another one
        using var scope = NewDisposeScope();
        using var guard = no_grad();
        using var model = TinyFusions.Build(kind, languageModel);
        TinyFusions.Disturb(model);
        long[][] rows = [[1, 5, TinyFusions.Medium, 6, 7, TinyFusions.Medium, 8], [1, 11, TinyFusions.Medium, 13]];
        var expected = rows.Select(_ => new List<int>()).ToArray();
        for (var step = 0; step < 5; step++)
        {
            for (var row = 0; row < rows.Length; row++)
            {
                long[] text = [.. rows[row], .. expected[row].Select(id => (long)id)];
                var hidden = HiddenOf(model, rows, row, text);
                expected[row].Add((int)model.LanguageModel.Logits(hidden).argmax(-1).item<long>());
            }
        }

        foreach (var padsLeft in (bool[])[false, true])
        {
            var answers = model.Generate(TinyFusions.Batch(model, rows, padsLeft), new() { MaxNewTokens = 5 });
            for (var row = 0; row < rows.Length; row++) Assert.Equal(expected[row], answers[row]);
        }
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void TheGradientReachesWhatIsTrainedAndNothingElse(string kind)
    {
        using var scope = NewDisposeScope();
        using var model = TinyFusions.Build(kind, dtype: ComputeType.Bfloat16, adapter: TinyModel.Adapter(), trained: ["fusion", "image.input_projector", TrainablePaths.Adapter]);
        var frozen = FrozenHash.Of(model);
        TinyFusions.Disturb(model);
        model.LanguageModel.Logits(model.Hidden(TinyFusions.Batch(model, TinyFusions.Rows))).to_type(ScalarType.Float32).square().mean().backward();
        foreach (var (name, parameter) in model.named_parameters())
        {
            Assert.True(parameter.grad is not null == parameter.requires_grad, name);
            Assert.True(parameter.dtype == (parameter.requires_grad ? ScalarType.Float32 : ScalarType.BFloat16), name);
            if (name.StartsWith("fusion.", StringComparison.Ordinal) || name.Contains("input_projector", StringComparison.Ordinal)) Assert.True(parameter.grad!.abs().sum().item<float>() > 0, name);
        }

        Assert.Equal(frozen, FrozenHash.Of(model));
        Assert.Contains(ParameterTable.Of(model), row => row.Path == "fusion" && row.Kind == kind && row.Trainable == row.Parameters);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void ATextIsNotChangedByTheMediaOfAnother(string kind)
    {
        using var scope = NewDisposeScope();
        using var guard = no_grad();
        using var model = TinyFusions.Build(kind);
        TinyFusions.Disturb(model);
        long[][] others = [[1, 5, 3, 6, 7, 2, 8, 9], [1, TinyFusions.Medium, 12, TinyFusions.Medium]];
        var text = TinyFusions.Rows[0];
        var alone = model.Hidden(TinyFusions.Batch(model, [text]))[0];
        var beside = model.Hidden(TinyFusions.Batch(model, [text, .. others]))[0];
        Assert.InRange(TinyFusions.Difference(alone, beside.narrow(0, 0, alone.shape[0])), 0, 1e-5);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void APartialLoraBesideItIsRefused(string kind) =>
        Assert.Contains("partial_lora", Assert.Throws<ConfigurationException>(() => TinyFusions.Build(kind, adapter: TinyModel.Adapter("partial_lora")).Dispose()).Message, StringComparison.Ordinal);

    [Fact]
    public void WhatDoesNotFitTheLanguageModelIsRefused()
    {
        Assert.Contains("2 layers", Refused("gated_cross_attention", new GatedCrossAttentionOptions { EveryLayers = 3 }), StringComparison.Ordinal);
        Assert.Contains("2 layers", Refused("llama_adapter", new LlamaAdapterOptions { Prompts = TinyModel.Patches }), StringComparison.Ordinal);
        Assert.Contains("soft tokens", Refused("llama_adapter", new LlamaAdapterOptions { Prompts = 3, Layers = 1 }), StringComparison.Ordinal);
    }

    private static string Refused(string kind, object options) => Assert.Throws<ConfigurationException>(() => TinyFusions.Build(kind, options: options).Dispose()).Message;

    /// <summary>The last hidden state of a longer text, [1, D]; its media are those of its prompt in the batch.</summary>
    private static Tensor HiddenOf(MultimodalModel model, long[][] prompts, int row, long[] text)
    {
        long[][] rows = [.. prompts];
        rows[row] = text;
        var batch = TinyFusions.Batch(model, rows);
        var last = (row * batch.Ids.shape[1]) + batch.AttentionMask[row].sum().item<long>() - 1;
        return model.Hidden(batch, tensor(new[] { last }));
    }
}
