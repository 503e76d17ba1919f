using TrainMm.Core.Roles;
using TrainMm.Core.Weights;
using static TorchSharp.torch;

namespace TrainMm.Tests.Models.Generators;

/// <summary>A Stable Diffusion of some thousand numbers for pictures of 16 × 16, a Zeroscope with the same parts but for its UNet, and their folders in diffusers' layout.</summary>
internal static class TinyDiffusion
{
    private const string UnetConfig = """
        {"_class_name": "UNet2DConditionModel", "sample_size": 8, "block_out_channels": [8, 16], "down_block_types": ["CrossAttnDownBlock2D", "DownBlock2D"],
         "up_block_types": ["UpBlock2D", "CrossAttnUpBlock2D"], "layers_per_block": 1, "norm_num_groups": 4, "cross_attention_dim": 8, "attention_head_dim": 2}
        """;

    private const string VideoUnetConfig = """
        {"_class_name": "UNet3DConditionModel", "sample_size": null, "block_out_channels": [8, 16], "down_block_types": ["CrossAttnDownBlock3D", "DownBlock3D"],
         "up_block_types": ["UpBlock3D", "CrossAttnUpBlock3D"], "layers_per_block": 1, "norm_num_groups": 4, "cross_attention_dim": 8, "attention_head_dim": 4}
        """;

    private const string VaeConfig = """
        {"_class_name": "AutoencoderKL", "block_out_channels": [8, 8], "down_block_types": ["DownEncoderBlock2D", "DownEncoderBlock2D"],
         "up_block_types": ["UpDecoderBlock2D", "UpDecoderBlock2D"], "layers_per_block": 1, "norm_num_groups": 4, "sample_size": 16}
        """;

    /// <summary>The sizes of a Zeroscope's videos.</summary>
    public const string VideoSizes = "frames: 3, height: 8, width: 12";

    private const string TextConfig = """
        {"model_type": "clip_text_model", "vocab_size": 20, "hidden_size": 8, "intermediate_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2, "max_position_embeddings": 6}
        """;

    private const string SchedulerConfig = """
        {"_class_name": "PNDMScheduler", "beta_start": 0.00085, "beta_end": 0.012, "beta_schedule": "scaled_linear", "skip_prk_steps": true, "steps_offset": 1, "set_alpha_to_one": false}
        """;

    private const string Unet =
        "unet: { sample_size: 8, block_out_channels: [8, 16], down_block_types: [CrossAttnDownBlock2D, DownBlock2D], up_block_types: [UpBlock2D, CrossAttnUpBlock2D], "
        + "layers_per_block: [1], norm_num_groups: 4, cross_attention_dim: [8], attention_head_dim: [2] }";

    private const string VideoUnet =
        "unet: { block_out_channels: [8, 16], down_block_types: [CrossAttnDownBlock3D, DownBlock3D], up_block_types: [UpBlock3D, CrossAttnUpBlock3D], "
        + "layers_per_block: 1, norm_num_groups: 4, cross_attention_dim: 8, attention_head_dim: 4 }";

    private const string Rest =
        "vae: { block_out_channels: [8, 8], down_block_types: [DownEncoderBlock2D, DownEncoderBlock2D], up_block_types: [UpDecoderBlock2D, UpDecoderBlock2D], layers_per_block: 1, norm_num_groups: 4, sample_size: 16 }, "
        + "text_encoder: { vocab_size: 20, hidden_size: 8, intermediate_size: 16, num_hidden_layers: 1, num_attention_heads: 2, max_position_embeddings: 6 }";

    /// <summary>The options of a generator with random weights.</summary>
    public static string Yaml(string? more = null) => $"architecture: {{ {Unet}, {Rest} }}{(more is null ? "" : $", {more}")}";

    /// <summary>The options of a Zeroscope with random weights, for videos of three frames of 8 × 12.</summary>
    public static string VideoYaml(string? more = null) => $"architecture: {{ {VideoUnet}, {Rest} }}, {VideoSizes}{(more is null ? "" : $", {more}")}";

    /// <summary>Writes a generator as diffusers would.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="generator">The generator.</param>
    /// <param name="oldNames">Whether the autoencoder's attention has the names of before diffusers 0.15.</param>
    public static void Write(TempFolder folder, IGenerator generator, bool oldNames = false)
    {
        foreach (var (part, config) in ((string, string)[])[("unet", generator.Target is VideoSpec ? VideoUnetConfig : UnetConfig), ("vae", VaeConfig), ("text_encoder", TextConfig)])
        {
            folder.Write($"{part}/config.json", config);
            var tensors = generator.Module.named_parameters().Where(pair => pair.name.StartsWith($"{part}.", StringComparison.Ordinal))
                .ToDictionary(pair => Renamed(pair.name[(part.Length + 1)..]), pair => (Tensor)pair.parameter, StringComparer.Ordinal);
            SafetensorsWriter.Write(Path.Combine(folder.Path, part, part == "text_encoder" ? "model.safetensors" : "diffusion_pytorch_model.safetensors"), tensors);

            string Renamed(string name) => !oldNames || part != "vae" ? name : name
                .Replace(".to_q.", ".query.", StringComparison.Ordinal).Replace(".to_k.", ".key.", StringComparison.Ordinal)
                .Replace(".to_v.", ".value.", StringComparison.Ordinal).Replace(".to_out.0.", ".proj_attn.", StringComparison.Ordinal);
        }

        folder.Write("scheduler/scheduler_config.json", SchedulerConfig);
        Directory.CreateDirectory(Path.Combine(folder.Path, "tokenizer"));
    }
}
