using TrainMm.Core.Config;
using TrainMm.Core.Diagnostics;
using TrainMm.Core.Weights;
using TrainMm.Models;
using static TorchSharp.torch;

namespace TrainMm.Tests.Models;

public sealed class ModelBuilderTests
{
    [Fact]
    public void EverythingIsFrozenUnlessItIsNamed()
    {
        using var model = TinyModel.Build(TinyModel.Options(adapter: TinyModel.Adapter()));
        Assert.DoesNotContain(model.parameters(), parameter => parameter.requires_grad);
    }

    [Theory]
    [InlineData("image.input_projector", "image.input_projector.")]
    [InlineData("image.encoder", "image.encoder.")]
    [InlineData("language_model.lm_head", "language_model.lm_head.")]
    [InlineData("*.mlp.*", ".mlp.")]
    public void WhatIsNamedIsTrainedAndNothingElse(string path, string part)
    {
        using var model = TinyModel.Build(TinyModel.Options(), path);
        Assert.Contains(model.parameters(), parameter => parameter.requires_grad);
        foreach (var (name, parameter) in model.named_parameters()) Assert.Equal(name.Contains(part, StringComparison.Ordinal), parameter.requires_grad);
    }

    [Fact]
    public void FrozenParametersGetNoGradient()
    {
        using var scope = NewDisposeScope();
        using var model = TinyModel.Build(TinyModel.Options(adapter: TinyModel.Adapter()), "image.input_projector", TrainablePaths.Adapter);
        TinyModel.Loss(model, TinyModel.Batch()).backward();
        foreach (var (name, parameter) in model.named_parameters()) Assert.True(parameter.grad is not null == parameter.requires_grad, name);
        Assert.All(model.Peft!.Parameters.Values, parameter => Assert.True(parameter.requires_grad));
    }

    [Fact]
    public void TrainedParametersAreFloat32MastersAndTheRestIsTheRunsType()
    {
        using var scope = NewDisposeScope();
        using var model = TinyModel.Build(TinyModel.Options(ComputeType.Bfloat16, TinyModel.Adapter()), "image.input_projector", TrainablePaths.Adapter, "language_model.model.norm");
        foreach (var (name, parameter) in model.named_parameters())
            Assert.True(parameter.dtype == (parameter.requires_grad ? ScalarType.Float32 : ScalarType.BFloat16), name);
        var batch = TinyModel.Batch();
        Assert.Equal(ScalarType.BFloat16, model.Hidden(batch).dtype);
        TinyModel.Loss(model, batch).backward();
        Assert.All(model.parameters().Where(parameter => parameter.requires_grad), parameter => Assert.Equal(ScalarType.Float32, parameter.grad!.dtype));
    }

    [Fact]
    public void FirstValuesDependOnSeedAndPathAlone()
    {
        using var plain = TinyModel.Build(TinyModel.Options());
        using var adapted = TinyModel.Build(TinyModel.Options(adapter: TinyModel.Adapter()), "image.input_projector");
        var others = adapted.named_parameters().ToDictionary(pair => pair.name, pair => pair.parameter, StringComparer.Ordinal);
        foreach (var (name, parameter) in plain.named_parameters()) Assert.True(parameter.allclose(others[name], 0, 0), name);
        using var reseeded = ModelBuilder.Build(TinyModel.Options(), CPU, 8);
        Assert.DoesNotContain(reseeded.named_parameters(), pair => pair.parameter.Dimensions > 1 && pair.parameter.allclose(others[pair.name], 0, 0));
    }

    [Fact]
    public void APathThatMeetsNothingIsToldWithWhatWasMeant()
    {
        var trained = new TrainablePaths(["image.input_projecter", "language_model.lm_head", "audio", "adapter"]);
        using var model = ModelBuilder.Build(TinyModel.Options(), CPU, 7, trained);
        Assert.Equal(["image.input_projecter", "audio", "adapter"], trained.Unmet);
        Snapshot.Match(string.Join('\n', trained.Unmet.Select(trained.HintFor)), "unmet-paths");
    }

    [Fact]
    public void TheTableHasARowForEachPartAndTheAdapter()
    {
        using var model = TinyModel.Build(TinyModel.Options(ComputeType.Bfloat16, TinyModel.Adapter()), "image.input_projector", TrainablePaths.Adapter);
        var rows = ParameterTable.Of(model).Select(row => $"{row.Path} {row.Kind} {row.Parameters} {row.Trainable} {string.Join('+', row.Dtypes)} {row.Bytes}");
        Snapshot.Match(string.Join('\n', rows), "table");
    }

    [Fact]
    public void TheFrozenHashSeesAnyChangeOfAFrozenParameterAndNoneOfATrainedOne()
    {
        using var model = TinyModel.Build(TinyModel.Options(), "image.input_projector");
        var hash = FrozenHash.Of(model);
        Assert.Equal(hash, FrozenHash.Of(model));
        Change(model, "image.input_projector.linear_1.weight");
        Assert.Equal(hash, FrozenHash.Of(model));
        Change(model, "language_model.model.layers.1.mlp.up_proj.weight");
        Assert.NotEqual(hash, FrozenHash.Of(model));

        static void Change(MultimodalModel model, string name)
        {
            using var guard = no_grad();
            model.named_parameters().Single(pair => pair.name == name).parameter[0, 0].add_(1e-3);
        }
    }

    [Fact]
    public void AProjectorOfAnotherWidthIsRefusedWithBothShapes()
    {
        using var folder = new TempFolder();
        var file = Path.Combine(folder.Path, "input_projector.safetensors");
        using (var scope = NewDisposeScope())
        {
            SafetensorsWriter.Write(file, new Dictionary<string, Tensor>(StringComparer.Ordinal)
            {
                ["image.input_projector.linear_1.weight"] = zeros(16, 9),
                ["image.input_projector.linear_1.bias"] = zeros(16),
                ["image.input_projector.linear_2.weight"] = zeros(16, 16),
                ["image.input_projector.linear_2.bias"] = zeros(16),
            });
        }

        folder.Write("run.yaml", Yaml + $"    input_projector: {{ kind: mlp, checkpoint: {file} }}\n");
        var options = Read(folder);
        Snapshot.Match(Assert.Throws<ConfigurationException>(() => ModelBuilder.Build(options, CPU, 7)).Message, "width-mismatch", folder.Path);
    }

    [Theory]
    [InlineData("no-layer", "select_layer: -2", "select_layer: -4", "")]
    [InlineData("both-given", "    encoder: { kind: clip_vit,", "    encoder: { kind: clip_vit, checkpoint: .,", "")]
    [InlineData("target-misspelt", "", "", "adapter: { kind: lora, target_modules: [q_proj, k_porj] }\n")]
    [InlineData("bad-pattern", "", "", "adapter: { kind: lora, target_pattern: '(' }\n")]
    [InlineData("heads", "num_attention_heads: 4", "num_attention_heads: 3", "")]
    [InlineData("activation", "hidden_act: silu", "hidden_act: sillu", "")]
    [InlineData("modality", "  image:", "  picture:", "")]
    public void WhatCannotBeBuiltIsToldWithItsLine(string name, string find, string replacement, string more)
    {
        using var folder = new TempFolder();
        var yaml = Yaml + "    input_projector: { kind: mlp }\n" + more;
        if (find.Length > 0) Assert.Contains(find, yaml, StringComparison.Ordinal);
        folder.Write("run.yaml", find.Length == 0 ? yaml : yaml.Replace(find, replacement, StringComparison.Ordinal));
        var fault = Assert.Throws<ConfigurationException>(() => ModelBuilder.Build(Read(folder), CPU, 7).Dispose());
        Snapshot.Match(fault.Message, name, folder.Path);
    }

    private const string Yaml = """
        language_model:
          kind: llama
          architecture: { vocab_size: 40, hidden_size: 16, intermediate_size: 24, num_hidden_layers: 1, num_attention_heads: 4, hidden_act: silu }
        modalities:
          image:
            encoder: { kind: clip_vit, select_layer: -2, architecture: { hidden_size: 8, intermediate_size: 12, num_hidden_layers: 2, num_attention_heads: 2, image_size: 8, patch_size: 4 } }

        """;

    private static ModelOptions Read(TempFolder folder) => ConfigBinder.Bind<ModelOptions>(ConfigDocument.Load(Path.Combine(folder.Path, "run.yaml"), []));
}
