using TrainMm.Core.Diagnostics;
using TrainMm.Core.Roles;
using TrainMm.Core.Weights;
using TrainMm.Models;
using TrainMm.Models.LanguageModels.Generation;
using TrainMm.Models.Peft;
using TrainMm.Models.Peft.Prefix;
using TrainMm.Tests.Models.LanguageModels;
using static TorchSharp.torch;

namespace TrainMm.Tests.Models.Peft;

public sealed class PrefixTests
{
    public static TheoryData<string> Kinds => TinyLanguageModels.Decoders;

    /// <summary>PEFT's definition: the prefix is what a cache holds before the text comes.</summary>
    [Theory]
    [MemberData(nameof(Kinds))]
    public void ItIsWhatACacheWouldHold(string kind)
    {
        using var scope = NewDisposeScope();
        using var guard = no_grad();
        // The two kinds with a sliding window would not see a cache's first tokens from further away.
        var (tokens, length) = kind is "mistral" or "qwen2" ? (1, 2) : (3, 9);
        using var plain = TinyLanguageModels.Build(kind);
        using var peft = Method(tokens);
        using var prefixed = TinyLanguageModels.Build(kind, peft: peft);
        var spec = plain.Spec;
        var prompts = peft.Parameters["prompt_embeddings"];
        Assert.Equal([tokens, 2L * spec.Layers * spec.KeyHeads * spec.HeadWidth], prompts.shape);

        using var cache = new KeyValueCache(tokens + length);
        var width = spec.KeyHeads * spec.HeadWidth;
        for (var layer = 0; layer < spec.Layers; layer++) cache.Append(layer, Heads(2 * layer), Heads((2 * layer) + 1));
        cache.Advance(tokens);
        var ids = TinyLanguageModels.Ids().narrow(1, 0, length);
        var positions = arange(length, ScalarType.Int64).add(spec.HasPrefix ? 0 : tokens).unsqueeze(0).expand(2, length);
        var expected = plain.Decode(plain.Embed(ids), new() { Cache = cache, Positions = positions });
        Assert.True(prefixed.Decode(prefixed.Embed(ids), new() { Positions = spec.HasPrefix ? positions : null }).allclose(expected, 1e-4, 1e-4));

        Tensor Heads(int index) => prompts.narrow(1, index * width, width).view(tokens, spec.KeyHeads, spec.HeadWidth).permute(1, 0, 2).unsqueeze(0).expand(2, -1, -1, -1);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void WithTheCacheComesWhatComesWithoutIt(string kind)
    {
        using var scope = NewDisposeScope();
        using var guard = no_grad();
        using var peft = Method(2);
        using var model = TinyLanguageModels.Build(kind, peft: peft);
        var ids = TinyLanguageModels.Ids();
        var mask = tensor(Enumerable.Range(0, 18).Select(i => i != 9).ToArray()).view(2, 9); // the second text is padded on its left
        var whole = model.Decode(model.Embed(ids), new() { AttentionMask = mask });
        using var cache = new KeyValueCache(9);
        model.Decode(model.Embed(ids.narrow(1, 0, 6)), new() { AttentionMask = mask.narrow(1, 0, 6), Cache = cache });
        var rest = model.Decode(model.Embed(ids.narrow(1, 6, 3)), new() { AttentionMask = mask, Cache = cache });
        Assert.True(whole.narrow(1, 6, 3).allclose(rest, 1e-4, 1e-4));
    }

    [Fact]
    public void OnlyThePrefixIsTrainedAndTheLossFalls()
    {
        using var scope = NewDisposeScope();
        using var model = Build(new PrefixOptions { NumVirtualTokens = 4 }, TrainablePaths.Adapter);
        var trained = Assert.Single(model.named_parameters(), pair => pair.parameter.requires_grad);
        Assert.Equal("language_model.prompt_embeddings", trained.name);
        Assert.Equal(128, ParameterTable.Of(model).Single(row => row.Path == "adapter").Parameters);
        var frozen = FrozenHash.Of(model);
        var before = TinyModel.Loss(model, TinyModel.Batch());
        before.backward();
        using (no_grad()) trained.parameter.add_(trained.parameter.grad!, -0.5);
        Assert.True(TinyModel.Loss(model, TinyModel.Batch()).item<float>() < before.item<float>());
        Assert.Equal(frozen, FrozenHash.Of(model));
        Assert.NotEmpty(model.Generate(TinyModel.Batch(), new GenerationOptions { MaxNewTokens = 2, StopIds = [] }));
    }

    [Fact]
    public void WhatIsSavedHasPeftsNamesAndIsReadBack()
    {
        using var folder = new TempFolder();
        using var scope = NewDisposeScope();
        using var model = Build(new PrefixOptions { NumVirtualTokens = 4 });
        using (no_grad()) model.Peft!.Parameters["prompt_embeddings"].mul_(0.5);
        model.Peft!.Save(folder.Path);
        Snapshot.Match(File.ReadAllText(Path.Combine(folder.Path, "adapter_config.json")), "adapter-config");
        using (var file = SafetensorsFile.Open(Path.Combine(folder.Path, "adapter_model.safetensors"))) Assert.Equal(["prompt_embeddings"], file.Entries.Keys);
        using var read = Build(new PrefixOptions { Checkpoint = folder.Path });
        Assert.True(model.Hidden(TinyModel.Batch()).allclose(read.Hidden(TinyModel.Batch()), 0, 0));
        Assert.Throws<InvalidOperationException>(model.Peft.Merge);

        var path = Path.Combine(folder.Path, "adapter_config.json");
        File.WriteAllText(path, File.ReadAllText(path).Replace("\"num_layers\": 2", "\"num_layers\": 3", StringComparison.Ordinal));
        Snapshot.Match(Assert.Throws<CheckpointException>(() => Build(new PrefixOptions { Checkpoint = folder.Path })).Message, "other-model", folder.Path);
    }

    [Fact]
    public void APrefixThatLeavesNoPlaceIsAMistake() =>
        Assert.Contains("leaves no place for a text", Assert.Throws<ConfigurationException>(() => Build(new PrefixOptions { NumVirtualTokens = 64 })).Message, StringComparison.Ordinal);

    private static IPeftMethod Method(int tokens) => AdapterCatalog.All.Component("prefix_tuning", new PrefixOptions { NumVirtualTokens = tokens }).Create(new PeftContext(7, new TrainablePaths([])));

    private static MultimodalModel Build(PrefixOptions options, params string[] trained) => TinyModel.Build(TinyModel.Options(adapter: AdapterCatalog.All.Component("prefix_tuning", options)), trained);
}
