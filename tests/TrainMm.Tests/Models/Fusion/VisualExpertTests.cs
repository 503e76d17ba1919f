using TrainMm.Core.Diagnostics;
using TrainMm.Core.Roles;
using TrainMm.Core.Weights;
using TrainMm.Models.Fusion;
using TrainMm.Models.Fusion.VisualExpert;
using TrainMm.Models.LanguageModels.Llama;
using TrainMm.Models.Layers;
using TrainMm.Tests.Models.LanguageModels;
using static TorchSharp.torch;

namespace TrainMm.Tests.Models.Fusion;

public sealed class VisualExpertTests
{
    private const string Kind = "visual_expert";

    public static TheoryData<string> LanguageModels => TinyLanguageModels.Decoders;

    [Theory]
    [MemberData(nameof(LanguageModels))]
    public void TextIsTheFrozenLanguageModelsToTheBitUntilItSeesMedia(string languageModel)
    {
        using var scope = NewDisposeScope();
        using var guard = no_grad();
        using var model = TinyFusions.Build(Kind, languageModel);
        TinyFusions.Disturb(model);
        var (embeddings, input) = model.Fuse(TinyFusions.Batch(model, TinyFusions.Rows));
        var frozen = model.LanguageModel.Decode(embeddings, input with { Fusion = null, AdapterMask = null });
        var actual = model.LanguageModel.Decode(embeddings, input);
        // A mixture's experts take what is sent to them in one product: which media are among it changes the last bits of the text beside them.
        var most = languageModel == "mixtral" ? 1e-5 : 0;
        Assert.InRange(TinyFusions.Difference(frozen[0].narrow(0, 0, 2), actual[0].narrow(0, 0, 2)), 0, most);
        Assert.InRange(TinyFusions.Difference(frozen[1], actual[1]), 0, most);
        Assert.True(TinyFusions.Difference(frozen[0].narrow(0, 2, 8), actual[0].narrow(0, 2, 8)) > 1e-3);
    }

    [Theory]
    [MemberData(nameof(LanguageModels))]
    public void AmongMediaAloneItIsALanguageModelOfItsWeights(string languageModel)
    {
        using var scope = NewDisposeScope();
        using var guard = no_grad();
        using var model = TinyFusions.Build(Kind, languageModel);
        TinyFusions.Disturb(model);
        var (embeddings, input) = model.Fuse(TinyFusions.Batch(model, [[TinyFusions.Medium, TinyFusions.Medium]]));
        var actual = model.LanguageModel.Decode(embeddings, input);
        var experts = TinyFusions.Weights(model);
        foreach (var (name, parameter) in model.LanguageModel.Module.named_parameters())
        {
            if (experts.TryGetValue(name, out var expert)) parameter.copy_(expert);
        }

        Assert.InRange(TinyFusions.Difference(model.LanguageModel.Decode(embeddings, input with { Fusion = null, AdapterMask = null }), actual), 0, 1e-4);
    }

    [Fact]
    public void ALinearLayerTakesItsRowsFromEitherWeight()
    {
        using var scope = NewDisposeScope();
        using var guard = no_grad();
        using var model = TinyFusions.Build(Kind, adapter: TinyModel.Adapter());
        TinyFusions.Disturb(model);
        TinyModel.Disturb(model.Peft!);
        const string path = "model.layers.1.mlp.up_proj";
        var layer = (LinearLayer)model.LanguageModel.Module.named_modules().Single(each => each.name == path).module;
        var input = linspace(-1, 1, 6 * 16).mul(9).sin().view(2, 3, 16);
        var actual = layer.Forward(input, new MediaRows(tensor(new long[] { 1, 5 }), (ILayerFusion)model.Fusion)).view(6, 24);
        var (text, expert) = (layer.Forward(input).view(6, 24), TinyFusions.Weights(model)[$"{path}.weight"]);
        for (var row = 0; row < 6; row++)
        {
            if (row is 1 or 5) Assert.InRange(TinyFusions.Difference(expert.mv(input.view(6, 16)[row]), actual[row]), 0, 1e-5);
            else Assert.True(text[row].allclose(actual[row], 0, 0), $"row {row}");
        }
    }

    [Fact]
    public void AMediumsSoftTokensShareOnePosition()
    {
        using var scope = NewDisposeScope();
        using var model = TinyFusions.Build(Kind);
        using var counted = TinyFusions.Build(Kind, options: new VisualExpertOptions { SharedPosition = false });
        foreach (var padsLeft in (bool[])[false, true])
        {
            var batch = TinyFusions.Batch(model, [[1, 5, TinyFusions.Medium, 6, TinyFusions.Medium], [1, 2, TinyFusions.Medium]], padsLeft);
            var positions = model.InputFor(batch).Positions!;
            Assert.Equal([0, 1, 2, 2, 2, 2, 3, 4, 4, 4, 4], positions[0].data<long>().ToArray());
            Assert.Equal([0, 1, 2, 2, 2, 2], positions[1].narrow(0, padsLeft ? 5 : 0, 6).data<long>().ToArray());
            Assert.Same(batch.Positions, counted.InputFor(batch).Positions);
        }

        Assert.Contains("prefix", Assert.Throws<ConfigurationException>(() => TinyFusions.Build(Kind, "chatglm", new VisualExpertOptions()).Dispose()).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void PublishedNamesAreRead()
    {
        using var folder = new TempFolder();
        using var scope = NewDisposeScope();
        using var guard = no_grad();
        using var source = TinyFusions.Build(Kind);
        TinyFusions.Disturb(source);
        var weights = TinyFusions.Weights(source);
        var saved = new Dictionary<string, Tensor>(StringComparer.Ordinal) { ["model.layers.0.self_attn.language_expert_dense.weight"] = zeros(16, 16) };
        foreach (var layer in (string[])["model.layers.0", "model.layers.1"])
        {
            saved[$"{layer}.self_attn.vision_expert_query_key_value.weight"] = cat([.. "qkv".Select(each => weights[$"{layer}.self_attn.{each}_proj.weight"])], 0);
            saved[$"{layer}.self_attn.vision_expert_dense.weight"] = weights[$"{layer}.self_attn.o_proj.weight"];
            foreach (var each in (string[])["gate", "up", "down"]) saved[$"{layer}.mlp.vision_mlp.{each}_proj.weight"] = weights[$"{layer}.mlp.{each}_proj.weight"];
        }

        var file = Path.Combine(folder.Path, "model.safetensors");
        SafetensorsWriter.Write(file, saved);
        using (var model = TinyFusions.Build(Kind, options: new VisualExpertOptions { Checkpoint = folder.Path }))
        {
            foreach (var (name, weight) in TinyFusions.Weights(model)) Assert.True(weight.allclose(weights[name], 0, 0), name);
        }

        saved["model.layers.0.self_attn.vision_expert_query_key_value.bias"] = zeros(32);
        SafetensorsWriter.Write(file, saved);
        Assert.Contains("query_key_value.bias", Refused(folder), StringComparison.Ordinal);
        saved.Remove("model.layers.0.self_attn.vision_expert_query_key_value.bias");
        saved["model.layers.1.mlp.vision_mlp.up_proj.weight"] = zeros(23, 16);
        SafetensorsWriter.Write(file, saved);
        Assert.Contains("[23, 16]", Refused(folder), StringComparison.Ordinal);
        saved.Remove("model.layers.1.mlp.vision_mlp.up_proj.weight");
        SafetensorsWriter.Write(file, saved);
        Assert.Contains("has no 'model.layers.1.mlp.vision_mlp.up_proj.weight'", Refused(folder), StringComparison.Ordinal);

        static string Refused(TempFolder folder) =>
            Assert.Throws<ConfigurationException>(() => TinyFusions.Build(Kind, options: new VisualExpertOptions { Checkpoint = folder.Path }).Dispose()).Message;
    }

    [Fact]
    public void TheExpertOfAVicunaHasTheParametersThatThePaperCounts()
    {
        using var model = TinyLanguageModels.Build("llama", options: new LlamaOptions { Architecture = new() }, device: META);
        var features = new Dictionary<string, FeatureSpec>(StringComparer.Ordinal) { ["image"] = new(1225, 1792) };
        using var fusion = new VisualExpertFusion(new VisualExpertOptions(), new FusionContext(new ModuleScope("fusion", ScalarType.Float32, META), model, features, 7));
        Assert.Equal(6_476_005_376, fusion.parameters().Sum(parameter => parameter.numel())); // 6.5 billion trained parameters, the paper says
        var shapes = fusion.named_parameters().ToDictionary(each => each.name, each => each.parameter.shape, StringComparer.Ordinal);
        Assert.Equal(7 * 32, shapes.Count);
        Assert.Equal([11008L, 4096L], shapes["model.layers.31.mlp.gate_proj.weight"]);
    }
}
