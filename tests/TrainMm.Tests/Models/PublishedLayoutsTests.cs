using TrainMm.Core.Weights;
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

    private static ModuleScope Parts(string root) => new(root, ScalarType.Float32, CPU);
}
