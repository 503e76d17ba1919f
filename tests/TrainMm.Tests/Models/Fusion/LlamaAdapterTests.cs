using TrainMm.Core.Roles;
using TrainMm.Core.Weights;
using TrainMm.Models.Fusion;
using TrainMm.Models.Fusion.LlamaAdapter;
using TrainMm.Models.LanguageModels.Llama;
using TrainMm.Models.Layers;
using TrainMm.Tests.Models.LanguageModels;
using static TorchSharp.torch;

namespace TrainMm.Tests.Models.Fusion;

public sealed class LlamaAdapterTests
{
    private const string Kind = "llama_adapter";

    [Fact]
    public void WhatIsAddedToTheAttentionEqualsItsDefinition()
    {
        using var scope = NewDisposeScope();
        using var guard = no_grad();
        using var model = TinyFusions.Build(Kind);
        TinyFusions.Disturb(model);
        var batch = TinyFusions.Batch(model, TinyFusions.Rows);
        var weights = TinyFusions.Weights(model);
        var tokens = model.Modalities["image"].Project(batch.Media["image"]);                  // [2, K, D]
        var queries = linspace(-2, 2, 2 * 4 * 8 * 4).mul(11).sin().view(2, 4, 8, 4);           // [B, heads, T, d]
        var (ofKeys, ofValues) = (linspace(-1, 1, 16 * 8).mul(5).sin().view(16, 8), linspace(-1, 1, 16 * 8).mul(9).cos().view(16, 8));
        var actual = model.Fuse(batch).Input.Fusion!.BesideAttention(1, queries, outside => (Attention.Split(outside.matmul(ofKeys), 2), Attention.Split(outside.matmul(ofValues), 2)))!;
        for (var row = 0; row < 2; row++)
        {
            // The second layer's prompts; the first text has two media, the second none. Two query heads share a key head.
            var prompts = weights["adapter_query.weight"].narrow(0, TinyModel.Patches, TinyModel.Patches);
            if (row == 0) prompts = prompts.add(tokens[0].add(tokens[1]).div(2));
            for (var head = 0; head < 4; head++)
            {
                var k = prompts.matmul(ofKeys).narrow(1, head / 2 * 4, 4);
                var v = prompts.matmul(ofValues).narrow(1, head / 2 * 4, 4);
                var gate = Math.Tanh(weights["layers.1.attention.gate"][0, head, 0, 0].item<float>());
                for (var t = 0; t < 8; t++)
                {
                    var expected = v.t().mv(k.mv(queries[row, head, t]).div(2).softmax(0)).mul(gate);
                    Assert.InRange(TinyFusions.Difference(expected, actual[row, t].narrow(0, head * 4, 4)), 0, 1e-5);
                }
            }
        }
    }

    [Fact]
    public void ThePromptsOfALlamaAreAsManyNumbersAsInThePaper()
    {
        using var model = TinyLanguageModels.Build("llama", options: new LlamaOptions { Architecture = new() }, device: META);
        var features = new Dictionary<string, FeatureSpec>(StringComparer.Ordinal) { ["image"] = new(1, 768) };
        using var fusion = new LlamaAdapterFusion(new LlamaAdapterOptions(), new FusionContext(new ModuleScope("fusion", ScalarType.Float32, META), model, features, 7));
        var shapes = fusion.named_parameters().ToDictionary(each => each.name, each => each.parameter.shape, StringComparer.Ordinal);
        Assert.Equal([300L, 4096L], shapes["adapter_query.weight"]); // 1.2 million, as the paper says
        Assert.Equal(Enumerable.Range(2, 30).Select(layer => $"layers.{layer}.attention.gate"), shapes.Keys.Where(name => name.EndsWith("gate", StringComparison.Ordinal)));
        Assert.Equal([1L, 32L, 1L, 1L], shapes["layers.2.attention.gate"]);
        Assert.Equal((30 * 10 * 4096) + (30 * 32) + 4096, fusion.parameters().Sum(parameter => parameter.numel()));
    }

    [Fact]
    public void PublishedNamesAreRead()
    {
        using var folder = new TempFolder();
        using var scope = NewDisposeScope();
        using var guard = no_grad();
        using var source = TinyFusions.Build(Kind);
        TinyFusions.Disturb(source);
        var saved = TinyFusions.Weights(source).Where(pair => !pair.Key.StartsWith("media_token", StringComparison.Ordinal)).ToDictionary(StringComparer.Ordinal);
        var file = Path.Combine(folder.Path, "adapter.safetensors");
        SafetensorsWriter.Write(file, saved);
        using var model = TinyFusions.Build(Kind, options: new LlamaAdapterOptions { Prompts = TinyModel.Patches, Layers = 2, Checkpoint = file });
        var loaded = TinyFusions.Weights(model);
        foreach (var (name, weight) in saved) Assert.True(weight.allclose(loaded[name], 0, 0), name);
    }
}
