using TrainMm.Core.Roles;
using TrainMm.Core.Weights;
using TrainMm.Models;
using TrainMm.Models.LanguageModels;
using TrainMm.Models.LanguageModels.Gpt2;
using TrainMm.Models.LanguageModels.Llama;
using TrainMm.Models.Layers.Quantised;
using TrainMm.Models.Peft.Lora;
using static TorchSharp.torch;

namespace TrainMm.Tests.Models;

public sealed class QuantisedModelTests
{
    [Theory]
    [InlineData("llama", WeightQuantization.Nf4)]
    [InlineData("llama", WeightQuantization.Int8)]
    [InlineData("gpt2", WeightQuantization.Nf4)]
    [InlineData("gpt2", WeightQuantization.Int8)]
    public void TheModelIsOneOfTheDequantisedWeights(string kind, WeightQuantization quantization)
    {
        using var scope = NewDisposeScope();
        using var plain = TinyModel.Build(TinyModel.Options(languageModel: Of(kind)));
        using var quantised = TinyModel.Build(TinyModel.Options(languageModel: Of(kind), quantization: quantization));
        var before = plain.Hidden(TinyModel.Batch());
        Requantise(plain, kind, quantization);
        Assert.True(quantised.Hidden(TinyModel.Batch()).allclose(plain.Hidden(TinyModel.Batch()), 1e-4, 1e-4));
        Assert.False(quantised.Hidden(TinyModel.Batch()).allclose(before, 1e-4, 1e-4));
    }

    [Theory]
    [InlineData(WeightQuantization.Nf4, false)]
    [InlineData(WeightQuantization.Nf4, true)]
    [InlineData(WeightQuantization.Int8, false)]
    public void ALoraOnItHasTheGradientsOfOneOnTheDequantisedWeights(WeightQuantization quantization, bool dora)
    {
        using var scope = NewDisposeScope();
        var adapter = TinyModel.Adapter("lora", new LoraOptions { R = 2, Alpha = 4, Dora = dora });
        using var plain = TinyModel.Build(TinyModel.Options(adapter: adapter), TrainablePaths.Adapter);
        using var quantised = TinyModel.Build(TinyModel.Options(adapter: adapter, quantization: quantization), TrainablePaths.Adapter);
        Requantise(plain, "llama", quantization);
        TinyModel.Disturb(plain.Peft!);
        TinyModel.Disturb(quantised.Peft!);
        if (dora) CopyMagnitudes(quantised.Peft!, plain.Peft!);
        var hash = FrozenHash.Of(quantised);
        foreach (var model in (MultimodalModel[])[plain, quantised]) TinyModel.Loss(model, TinyModel.Batch()).backward();
        foreach (var (path, parameter) in plain.Peft!.Parameters)
        {
            var error = parameter.grad!.sub(quantised.Peft!.Parameters[path].grad!).norm().item<float>();
            Assert.True(error <= 1e-4 * Math.Max(1e-3, parameter.grad!.norm().item<float>()), $"{path}: {error}");
        }

        Assert.Equal(hash, FrozenHash.Of(quantised));
        Assert.False(quantised.Peft!.CanMerge);
        Assert.Throws<InvalidOperationException>(quantised.Peft.Merge);
    }

    [Theory]
    [InlineData(WeightQuantization.Nf4)]
    [InlineData(WeightQuantization.Int8)]
    public void ACheckpointIsQuantisedWhileItIsRead(WeightQuantization quantization)
    {
        using var folder = new TempFolder();
        using var scope = NewDisposeScope();
        using (var plain = TinyModel.Build(TinyModel.Options()))
        {
            SafetensorsWriter.Write(
                Path.Combine(folder.Path, "model.safetensors"),
                plain.LanguageModel.Module.named_parameters().ToDictionary(pair => pair.name, pair => (Tensor)pair.parameter, StringComparer.Ordinal));
        }

        folder.Write(
            "config.json",
            """{"model_type": "llama", "vocab_size": 40, "hidden_size": 16, "intermediate_size": 24, "num_hidden_layers": 2, "num_attention_heads": 4, "num_key_value_heads": 2, "max_position_embeddings": 64}""");
        using var random = TinyModel.Build(TinyModel.Options(quantization: quantization));
        using var read = TinyModel.Build(TinyModel.Options(
            languageModel: LanguageModelCatalog.All.Component("llama", new LlamaOptions { Checkpoint = folder.Path }), quantization: quantization));
        Assert.True(random.Hidden(TinyModel.Batch()).allclose(read.Hidden(TinyModel.Batch()), 0, 0));
        Assert.Equal(FrozenHash.Of(random.LanguageModel.Module), FrozenHash.Of(read.LanguageModel.Module));
    }

    [Fact]
    public void TheTableCountsPublishedNumbersAndTheirOwnBytes()
    {
        using var scope = NewDisposeScope();
        using var plain = TinyModel.Build(TinyModel.Options());
        using var quantised = TinyModel.Build(TinyModel.Options(quantization: WeightQuantization.Int8));
        var (before, after) = (Row(plain), Row(quantised));
        Assert.Equal(before.Parameters, after.Parameters);
        var weights = 2L * ((16 * 16 * 2) + (8 * 16 * 2) + (3 * 16 * 24));
        var rows = 2L * (16 + 16 + 8 + 8 + 24 + 24 + 16);
        Assert.Equal(before.Bytes - (3 * weights) + (4 * rows), after.Bytes);
        Assert.Equal(["float32", "int8"], after.Dtypes);
    }

    [Fact]
    public void TheFrozenHashSeesASingleByte()
    {
        using var scope = NewDisposeScope();
        using var model = TinyModel.Build(TinyModel.Options(quantization: WeightQuantization.Nf4));
        var before = FrozenHash.Of(model);
        var bytes = model.named_parameters().First(pair => pair.parameter.dtype == ScalarType.Byte).parameter;
        using (no_grad()) bytes.detach().view(-1).narrow(0, 0, 1).add_(1);
        Assert.NotEqual(before, FrozenHash.Of(model));
    }

    [Fact]
    public void WhatIsTrainedIsNotQuantised()
    {
        using var scope = NewDisposeScope();
        using var model = TinyModel.Build(TinyModel.Options(quantization: WeightQuantization.Nf4), "language_model.model.layers.1.mlp");
        var types = model.named_parameters().Where(pair => pair.name.StartsWith("language_model.", StringComparison.Ordinal)).ToDictionary(pair => pair.name, pair => pair.parameter.dtype, StringComparer.Ordinal);
        Assert.Equal(ScalarType.Float32, types["language_model.model.layers.1.mlp.up_proj.weight"]);
        Assert.Equal(ScalarType.Byte, types["language_model.model.layers.0.mlp.up_proj.weight"]);
        Assert.Equal(ScalarType.Float32, types["language_model.lm_head.weight"]);
    }

    private static PartSummary Row(MultimodalModel model) => ParameterTable.Of(model).Single(row => row.Path == "language_model");

    private static TrainMm.Core.Config.Component<ILanguageModel, LanguageModelContext> Of(string kind) => kind == "llama"
        ? LanguageModelCatalog.All.Component("llama", new LlamaOptions { Architecture = TinyModel.Llama })
        : LanguageModelCatalog.All.Component("gpt2", new Gpt2Options { Architecture = new() { VocabSize = TinyModel.Vocabulary, NEmbd = 16, NInner = 24, NLayer = 2, NHead = 4, NPositions = 64, InitializerRange = 0.3 } });

    /// <summary>Puts the values that are left of a plain model's weights into it.</summary>
    private static void Requantise(MultimodalModel model, string kind, WeightQuantization quantization)
    {
        using var guard = no_grad();
        foreach (var (name, parameter) in model.LanguageModel.Module.named_parameters())
        {
            if (!name.EndsWith(".weight", StringComparison.Ordinal) || parameter.Dimensions != 2 || !(name.Contains(".layers.", StringComparison.Ordinal) || name.Contains(".h.", StringComparison.Ordinal))) continue;
            if (name.Contains("lora_", StringComparison.Ordinal)) continue;
            var values = kind == "gpt2" ? parameter.t() : parameter;
            var weight = QuantisedWeight.Create(quantization, values.shape[0], values.shape[1], CPU);
            weight.Store(values);
            values.copy_(weight.Dequantise(ScalarType.Float32));
        }
    }

    private static void CopyMagnitudes(IPeftMethod from, IPeftMethod to)
    {
        using var guard = no_grad();
        foreach (var (path, parameter) in to.Parameters.Where(pair => pair.Key.EndsWith("vector", StringComparison.Ordinal))) parameter.copy_(from.Parameters[path]);
    }
}
