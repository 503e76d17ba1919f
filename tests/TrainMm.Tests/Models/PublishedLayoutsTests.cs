using TrainMm.Core.Weights;
using TrainMm.Core.Weights.PyTorch;
using TrainMm.Models.Encoders;
using TrainMm.Models.Encoders.ClipVit;
using TrainMm.Models.InputProjectors;
using TrainMm.Models.LanguageModels.Llama;
using TrainMm.Models.Layers;
using static TorchSharp.torch;

namespace TrainMm.Tests.Models;

/// <summary>A whole LLaVA is found in its checkpoint, part by part, whichever of its layouts was saved.</summary>
public sealed class PublishedLayoutsTests
{
    [Theory]
    [InlineData("language_model.", "language_model.lm_head.", "vision_tower.", "multi_modal_projector.linear_1.", "multi_modal_projector.linear_2.")]
    [InlineData("model.language_model.", "lm_head.", "model.vision_tower.", "model.multi_modal_projector.linear_1.", "model.multi_modal_projector.linear_2.")]
    [InlineData("", "lm_head.", "model.vision_tower.vision_tower.", "model.mm_projector.0.", "model.mm_projector.2.")]
    public void EachPartIsFound(string decoder, string head, string tower, string first, string second)
    {
        using var folder = new TempFolder();
        using var scope = NewDisposeScope();
        var path = Path.Combine(folder.Path, "model.safetensors");
        var (model, encoder, projector) = (Parts("language_model"), Parts("image.encoder"), Parts("image.input_projector"));
        using var llama = new LlamaLanguageModel(TinyModel.Llama, model);
        using var clip = new ClipVitEncoder(TinyModel.Clip, 1, FeatureSelection.Patch, ClipPreprocessing.Read(folder: null, TinyModel.Clip.ImageSize), encoder);
        using var mlp = new TrainMm.Models.InputProjectors.Mlp.MlpProjector(new(), clip.Output, TinyModel.Llama.HiddenSize, projector);

        var value = 0;
        var saved = new Dictionary<string, Tensor>(StringComparer.Ordinal) { [$"{tower}vision_model.post_layernorm.weight"] = ones(8), ["model.image_newline"] = ones(1) };
        var expected = new List<(Tensor Parameter, int Value)>();
        Save(model, name => name.StartsWith("lm_head.", StringComparison.Ordinal) ? head + name["lm_head.".Length..] : decoder == "model.language_model." ? decoder + name["model.".Length..] : decoder + name);
        Save(encoder, name => tower + name);
        Save(projector, name => name.StartsWith("linear_1.", StringComparison.Ordinal) ? first + name["linear_1.".Length..] : second + name["linear_2.".Length..]);
        if (decoder.Length == 0) saved.Remove("model.image_newline"); // in the original layout it would be the decoder's
        SafetensorsWriter.Write(path, saved);

        using (var source = WeightSource.Open(path))
        {
            WeightLoader.Load(model.Parameters, source, LlamaLayout.For(tied: false));
            WeightLoader.Load(encoder.Parameters, source, ClipVitLayout.For(TinyModel.Clip, depth: 1, pools: false));
        }

        ProjectorCheckpoint.Load(projector, new object(), path, [new("0.", "linear_1."), new("2.", "linear_2.")]);
        Assert.All(expected, pair => Assert.True(pair.Parameter.eq(pair.Value).all().item<bool>()));

        void Save(ModuleScope part, Func<string, string> official)
        {
            foreach (var (name, parameter) in part.Parameters)
            {
                saved[official(name)] = full(parameter.shape, ++value, ScalarType.Float32);
                expected.Add((parameter, value));
            }
        }
    }

    [Theory]
    [InlineData("mm_projector.bin", "model.mm_projector.")]
    [InlineData("mm_projector.bin", "mm_projector.")]
    [InlineData("non_lora_trainables.bin", "base_model.model.model.mm_projector.")]
    [InlineData("non_lora_trainables.bin", "model.mm_projector.")]
    [InlineData("pytorch_model.bin", "model.mm_projector.")]
    public void AProjectorIsFoundInItsOwnFile(string file, string home)
    {
        using var folder = new TempFolder();
        using var scope = NewDisposeScope();
        var parts = Parts("image.input_projector");
        using var mlp = new TrainMm.Models.InputProjectors.Mlp.MlpProjector(new(), new(4, 8), TinyModel.Llama.HiddenSize, parts);
        var value = 0;
        var saved = parts.Parameters.ToDictionary(
            pair => home + pair.Key.Replace("linear_1", "0", StringComparison.Ordinal).Replace("linear_2", "2", StringComparison.Ordinal),
            pair => full(pair.Value.shape, ++value, ScalarType.Float16),
            StringComparer.Ordinal);
        TorchFileWriter.Write(Path.Combine(folder.Path, file), saved);
        ProjectorCheckpoint.Load(parts, new object(), folder.Path, [new("0.", "linear_1."), new("2.", "linear_2.")]);
        Assert.Equal([1f, 2f, 3f, 4f], parts.Parameters.Values.Select(parameter => parameter.detach().mean().item<float>()).Order());
    }

    [Fact]
    public void AVisionTowerIsFoundBesideAnAdapter()
    {
        using var folder = new TempFolder();
        using var scope = NewDisposeScope();
        var parts = Parts("image.encoder");
        using var clip = new ClipVitEncoder(TinyModel.Clip, 2, FeatureSelection.Patch, ClipPreprocessing.Read(folder: null, TinyModel.Clip.ImageSize), parts);
        var path = Path.Combine(folder.Path, "non_lora_trainables.bin");
        TorchFileWriter.Write(path, parts.Parameters.ToDictionary(pair => $"base_model.model.model.vision_tower.vision_tower.{pair.Key}", pair => full(pair.Value.shape, 3, ScalarType.Float32), StringComparer.Ordinal));
        using var source = WeightSource.Open(path);
        WeightLoader.Load(parts.Parameters, source, ClipVitLayout.For(TinyModel.Clip, depth: 2, pools: false));
        Assert.All(parts.Parameters.Values, parameter => Assert.True(parameter.eq(3).all().item<bool>()));
    }

    private static ModuleScope Parts(string root) => new(root, ScalarType.Float32, CPU);
}
