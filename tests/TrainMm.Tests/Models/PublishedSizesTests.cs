using TrainMm.Models.Encoders;
using TrainMm.Models.Encoders.ClipVit;
using TrainMm.Models.LanguageModels.Llama;
using TrainMm.Models.Layers;
using static TorchSharp.torch;

namespace TrainMm.Tests.Models;

/// <summary>Names and shapes at the published sizes, on the meta device: no memory is taken. The lists are those of the checkpoints' own indices.</summary>
public sealed class PublishedSizesTests
{
    [Fact]
    public void Llama27BHasTheCheckpointsNamesAndShapes()
    {
        var sizes = new LlamaArchitecture { MaxPositionEmbeddings = 4096, RmsNormEps = 1e-5 };
        var scope = new ModuleScope("language_model", ScalarType.Float16, META);
        using var model = new LlamaLanguageModel(sizes, scope);
        var expected = new Dictionary<string, long[]>(StringComparer.Ordinal)
        {
            ["model.embed_tokens.weight"] = [32000, 4096],
            ["model.norm.weight"] = [4096],
            ["lm_head.weight"] = [32000, 4096],
        };
        for (var i = 0; i < 32; i++)
        {
            foreach (var name in (string[])["q_proj", "k_proj", "v_proj", "o_proj"]) expected[$"model.layers.{i}.self_attn.{name}.weight"] = [4096, 4096];
            foreach (var name in (string[])["gate_proj", "up_proj"]) expected[$"model.layers.{i}.mlp.{name}.weight"] = [11008, 4096];
            expected[$"model.layers.{i}.mlp.down_proj.weight"] = [4096, 11008];
            expected[$"model.layers.{i}.input_layernorm.weight"] = [4096];
            expected[$"model.layers.{i}.post_attention_layernorm.weight"] = [4096];
        }

        AssertEqual(expected, model);
        Assert.Equal(6_738_415_616, model.parameters().Sum(parameter => parameter.numel()));
    }

    [Fact]
    public void ClipVitLarge336HasTheCheckpointsNamesAndShapes()
    {
        var sizes = new ClipVitArchitecture { HiddenSize = 1024, IntermediateSize = 4096, NumHiddenLayers = 24, NumAttentionHeads = 16, ImageSize = 336, PatchSize = 14 };
        var scope = new ModuleScope("image.encoder", ScalarType.Float16, META);
        using var encoder = new ClipVitEncoder(sizes, 24, FeatureSelection.Patch, ClipPreprocessing.Read(folder: null, 336), scope, pools: true);
        var expected = new Dictionary<string, long[]>(StringComparer.Ordinal)
        {
            ["vision_model.embeddings.class_embedding"] = [1024],
            ["vision_model.embeddings.patch_embedding.weight"] = [1024, 3, 14, 14],
            ["vision_model.embeddings.position_embedding.weight"] = [577, 1024],
        };
        foreach (var norm in (string[])["pre_layrnorm", "post_layernorm"]) AddBoth($"vision_model.{norm}", 1024);
        for (var i = 0; i < 24; i++)
        {
            var layer = $"vision_model.encoder.layers.{i}";
            foreach (var name in (string[])["q_proj", "k_proj", "v_proj", "out_proj"]) AddBoth($"{layer}.self_attn.{name}", 1024, 1024);
            AddBoth($"{layer}.mlp.fc1", 4096, 1024);
            AddBoth($"{layer}.mlp.fc2", 1024, 4096);
            foreach (var norm in (string[])["layer_norm1", "layer_norm2"]) AddBoth($"{layer}.{norm}", 1024);
        }

        AssertEqual(expected, encoder);
        Assert.Equal(303_507_456, encoder.parameters().Sum(parameter => parameter.numel()));
        Assert.Equal((576, 1024, 24, 24), (encoder.Output.Tokens, encoder.Output.Width, encoder.Output.GridHeight, encoder.Output.GridWidth));

        void AddBoth(string name, params long[] shape)
        {
            expected[$"{name}.weight"] = shape;
            expected[$"{name}.bias"] = [shape[0]];
        }
    }

    [Fact]
    public void AnInnerLayersFeaturesNeedNoLayerBeyondIt()
    {
        var sizes = TinyModel.Clip;
        using var encoder = new ClipVitEncoder(sizes, 1, FeatureSelection.ClsPatch, ClipPreprocessing.Read(folder: null, sizes.ImageSize), new ModuleScope("image.encoder", ScalarType.Float32, META));
        Assert.DoesNotContain(encoder.named_parameters(), pair => pair.name.Contains("layers.1.", StringComparison.Ordinal) || pair.name.Contains("post_layernorm", StringComparison.Ordinal));
        Assert.Equal((TinyModel.Patches + 1, 0), (encoder.Output.Tokens, encoder.Output.GridHeight));
    }

    private static void AssertEqual(Dictionary<string, long[]> expected, nn.Module module)
    {
        var actual = module.named_parameters().ToDictionary(pair => pair.name, pair => pair.parameter.shape, StringComparer.Ordinal);
        Assert.Equal(expected.Keys.Order(StringComparer.Ordinal), actual.Keys.Order(StringComparer.Ordinal), StringComparer.Ordinal);
        foreach (var (name, shape) in expected) Assert.Equal(shape, actual[name]);
    }
}
