using System.Text.Json;
using TrainMm.Core.Weights;
using TrainMm.Models.Encoders.ClipVit;
using TrainMm.Models.Encoders.OpenClipVit;
using TrainMm.Models.Encoders.Vision;
using TrainMm.Models.Layers;
using TrainMm.ParityTests.Golden;
using Xunit.Abstractions;
using static TorchSharp.torch;

namespace TrainMm.ParityTests.Models;

/// <summary>open_clip's tower gives what Hugging Face's CLIP gives when it is handed the same weights in open_clip's layout and configuration.</summary>
public sealed class OpenClipVitTests(ITestOutputHelper output)
{
    private static readonly (string HuggingFace, string OpenClip)[] LayerNames =
    [
        ("layer_norm1.weight", "ln_1.weight"), ("layer_norm1.bias", "ln_1.bias"), ("layer_norm2.weight", "ln_2.weight"), ("layer_norm2.bias", "ln_2.bias"),
        ("self_attn.out_proj.weight", "attn.out_proj.weight"), ("self_attn.out_proj.bias", "attn.out_proj.bias"),
        ("mlp.fc1.weight", "mlp.c_fc.weight"), ("mlp.fc1.bias", "mlp.c_fc.bias"), ("mlp.fc2.weight", "mlp.c_proj.weight"), ("mlp.fc2.bias", "mlp.c_proj.bias"),
    ];

    private static readonly (string HuggingFace, string OpenClip)[] OuterNames =
    [
        ("embeddings.class_embedding", "class_embedding"), ("embeddings.patch_embedding.weight", "conv1.weight"), ("embeddings.position_embedding.weight", "positional_embedding"),
        ("pre_layrnorm.weight", "ln_pre.weight"), ("pre_layrnorm.bias", "ln_pre.bias"), ("post_layernorm.weight", "ln_post.weight"), ("post_layernorm.bias", "ln_post.bias"),
    ];

    [GoldenTheory("clip_vision")]
    public void EqualsClipInOpenClipsLayout(string name)
    {
        var golden = GoldenCases.All.Single(each => each.Name == name);
        using var scope = NewDisposeScope();
        using var io = new GoldenTensors(golden);
        using var report = new ParityReport(golden, output);
        var clip = ClipVitArchitecture.Read(golden.Config);
        if (clip.HiddenAct is not ("quick_gelu" or "gelu") || clip.NumChannels != 3)
        {
            output.WriteLine($"open_clip cannot express {clip.HiddenAct} over {clip.NumChannels} channels");
            return;
        }

        var folder = Directory.CreateTempSubdirectory("openclip-");
        try
        {
            Rewrite(golden, clip, folder.FullName);
            var sizes = OpenClipVitArchitecture.Read(HuggingFaceConfig.Open(folder.FullName, "open_clip_config.json"));
            var part = new ModuleScope("image.encoder", ScalarType.Float32, CPU);
            var extent = new TowerExtent(sizes.Layers, Norm: true, Pool: true);
            var layouts = ((IVisionArchitecture)sizes).Layouts(extent);
            using var tower = new OpenClipVitTower(sizes, extent, part.Child("visual"));
            using (var source = WeightSource.Open(folder.FullName, ((IVisionArchitecture)sizes).OwnFiles)) WeightLoader.Load(part.Parameters, source, [.. layouts]);

            var seen = new List<Tensor>();
            var last = tower.Forward(io["in.pixel_values"], (_, state) => seen.Add(state));
            for (var i = 0; i < seen.Count; i++) report.Compare("openclip", $"hidden_states.{i}", seen[i], io[$"out.hidden_states.{i}"]);
            if (io.Optional("out.pooler_output") is { } pooled) report.Compare("openclip", "pooler_output", tower.Norm(last).select(1, 0), pooled);
            if (io.Optional("out.image_embeds") is { } embedded) report.Compare("openclip", "image_embeds", tower.Pool(last), embedded);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static void Rewrite(GoldenCase golden, ClipVitArchitecture clip, string folder)
    {
        using var source = WeightSource.Open(golden.Folder);
        var tensors = OuterNames.ToDictionary(pair => $"visual.{pair.OpenClip}", pair => source.Read($"vision_model.{pair.HuggingFace}"), StringComparer.Ordinal);
        for (var i = 0; i < clip.NumHiddenLayers; i++)
        {
            var (theirs, ours) = ($"vision_model.encoder.layers.{i}", $"visual.transformer.resblocks.{i}");
            foreach (var pair in LayerNames) tensors[$"{ours}.{pair.OpenClip}"] = source.Read($"{theirs}.{pair.HuggingFace}");
            foreach (var kind in (string[])["weight", "bias"])
                tensors[$"{ours}.attn.in_proj_{kind}"] = cat([.. ((string[])["q_proj", "k_proj", "v_proj"]).Select(part => source.Read($"{theirs}.self_attn.{part}.{kind}"))], 0);
        }

        var projection = source.Contains("visual_projection.weight") ? source.Read("visual_projection.weight") : eye(clip.HiddenSize);
        tensors["visual.proj"] = projection.t().contiguous();
        SafetensorsWriter.Write(Path.Combine(folder, "open_clip_model.safetensors"), tensors);
        var vision = new Dictionary<string, object>(StringComparer.Ordinal)
        {
            ["image_size"] = clip.ImageSize,
            ["layers"] = clip.NumHiddenLayers,
            ["width"] = clip.HiddenSize,
            ["head_width"] = clip.HiddenSize / clip.NumAttentionHeads,
            ["mlp_ratio"] = (clip.IntermediateSize + 0.5) / clip.HiddenSize, // open_clip cuts the fraction off
            ["patch_size"] = clip.PatchSize,
            ["norm_kwargs"] = new { eps = clip.LayerNormEps },
        };
        var config = new { model_cfg = new { embed_dim = projection.shape[0], quick_gelu = clip.HiddenAct == "quick_gelu", vision_cfg = vision } };
        File.WriteAllText(Path.Combine(folder, "open_clip_config.json"), JsonSerializer.Serialize(config));
    }
}
