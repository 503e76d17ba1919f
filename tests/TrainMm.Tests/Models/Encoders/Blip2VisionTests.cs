using TrainMm.Core.Roles;
using TrainMm.Models.Encoders;
using TrainMm.Models.Encoders.Blip2Vision;
using TrainMm.Models.Layers;
using static TorchSharp.torch;

namespace TrainMm.Tests.Models.Encoders;

public sealed class Blip2VisionTests
{
    [Fact]
    public void ItHasTheCheckpointsNamesAndShapes()
    {
        using var encoder = EncoderCatalog.All.Component("blip2_vision", new Blip2VisionOptions { Architecture = new() }).Create(new EncoderContext(new ModuleScope("image.encoder", ScalarType.Float16, META), 0));
        var expected = new Dictionary<string, long[]>(StringComparer.Ordinal)
        {
            ["vision_model.embeddings.class_embedding"] = [1, 1, 1408],
            ["vision_model.embeddings.position_embedding"] = [1, 257, 1408],
            ["vision_model.embeddings.patch_embedding.weight"] = [1408, 3, 14, 14],
            ["vision_model.embeddings.patch_embedding.bias"] = [1408],
        };
        AddBoth("vision_model.post_layernorm", 1408);
        for (var i = 0; i < 39; i++)
        {
            var layer = $"vision_model.encoder.layers.{i}";
            AddBoth($"{layer}.self_attn.qkv", 4224, 1408);
            AddBoth($"{layer}.self_attn.projection", 1408, 1408);
            AddBoth($"{layer}.mlp.fc1", 6144, 1408);
            AddBoth($"{layer}.mlp.fc2", 1408, 6144);
            foreach (var norm in (string[])["layer_norm1", "layer_norm2"]) AddBoth($"{layer}.{norm}", 1408);
        }

        var actual = encoder.Module.named_parameters().ToDictionary(pair => pair.name, pair => pair.parameter.shape, StringComparer.Ordinal);
        Assert.Equal(expected.Keys.Order(StringComparer.Ordinal), actual.Keys.Order(StringComparer.Ordinal), StringComparer.Ordinal);
        foreach (var (name, shape) in expected) Assert.Equal(shape, actual[name]);
        Assert.Equal(985_952_256, encoder.Module.parameters().Sum(parameter => parameter.numel()));
        Assert.Equal((257, 1408, 0), (encoder.Output.Tokens, encoder.Output.Width, encoder.Output.GridHeight));
        Assert.Equal(ImageFit.Squash, Assert.IsType<ImageSpec>(encoder.Input).Fit);

        void AddBoth(string name, params long[] shape)
        {
            expected[$"{name}.weight"] = shape;
            expected[$"{name}.bias"] = [shape[0]];
        }
    }
}
