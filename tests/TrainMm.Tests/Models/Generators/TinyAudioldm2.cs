using TrainMm.Core.Config;
using TrainMm.Core.Roles;
using TrainMm.Core.Weights;
using TrainMm.Models.Generators.Audioldm2;
using TrainMm.Models.Layers;
using static TorchSharp.torch;

namespace TrainMm.Tests.Models.Generators;

/// <summary>An AudioLDM 2 of some thousand numbers for sounds of 32 samples, and its folder in diffusers' layout.</summary>
internal static class TinyAudioldm2
{
    /// <summary>Tokens of a caption for either text encoder.</summary>
    public const int Tokens = 6;

    private const string Architecture =
        "clap: { vocab_size: 20, hidden_size: 8, intermediate_size: 12, num_hidden_layers: 1, num_attention_heads: 2, max_position_embeddings: 14, projection_dim: 6 }, "
        + "t5: { vocab_size: 20, d_model: 10, d_kv: 4, d_ff: 12, num_layers: 2, num_heads: 2, relative_attention_num_buckets: 8, relative_attention_max_distance: 16 }, "
        + "language_model: { vocab_size: 3, n_embd: 8, n_layer: 2, n_head: 2, n_positions: 24 }, max_new_tokens: 3, "
        + "unet: { sample_size: 4, in_channels: 2, out_channels: 2, block_out_channels: [8, 16], down_block_types: [DownBlock2D, CrossAttnDownBlock2D], up_block_types: [CrossAttnUpBlock2D, UpBlock2D], "
        + "layers_per_block: [1], norm_num_groups: 4, transformer_conditions: [0, 8, 10], attention_head_dim: [2] }, "
        + "vae: { in_channels: 1, out_channels: 1, latent_channels: 2, block_out_channels: [8, 8], down_block_types: [DownEncoderBlock2D, DownEncoderBlock2D], up_block_types: [UpDecoderBlock2D, UpDecoderBlock2D], layers_per_block: 1, norm_num_groups: 4 }, "
        + "vocoder: { model_in_dim: 4, upsample_initial_channel: 8, upsample_rates: [2, 2], upsample_kernel_sizes: [5, 4], resblock_kernel_sizes: [3], resblock_dilation_sizes: [[1, 2]] }";

    private static readonly (string Part, string Config)[] Configs =
    [
        ("text_encoder", """
            {"model_type": "clap", "projection_dim": 6, "projection_hidden_act": "relu", "audio_config": {"model_type": "clap_audio_model"},
             "text_config": {"model_type": "clap_text_model", "vocab_size": 20, "hidden_size": 8, "intermediate_size": 12, "num_hidden_layers": 1, "num_attention_heads": 2, "max_position_embeddings": 14}}
            """),
        ("text_encoder_2", """
            {"model_type": "t5", "vocab_size": 20, "d_model": 10, "d_kv": 4, "d_ff": 12, "num_layers": 2, "num_heads": 2, "relative_attention_num_buckets": 8, "relative_attention_max_distance": 16,
             "feed_forward_proj": "gated-gelu", "tie_word_embeddings": false}
            """),
        ("projection_model", """{"_class_name": "AudioLDM2ProjectionModel", "langauge_model_dim": 8, "text_encoder_1_dim": 10, "text_encoder_dim": 6}"""),
        ("language_model", """{"model_type": "gpt2", "vocab_size": 3, "n_embd": 8, "n_layer": 2, "n_head": 2, "n_positions": 24, "max_new_tokens": 3}"""),
        ("unet", """
            {"_class_name": "AudioLDM2UNet2DConditionModel", "sample_size": 4, "in_channels": 2, "out_channels": 2, "block_out_channels": [8, 16], "down_block_types": ["DownBlock2D", "CrossAttnDownBlock2D"],
             "up_block_types": ["CrossAttnUpBlock2D", "UpBlock2D"], "layers_per_block": 1, "norm_num_groups": 4, "cross_attention_dim": [[null, 8, 10], [null, 8, 10]], "attention_head_dim": 2}
            """),
        ("vae", """
            {"_class_name": "AutoencoderKL", "in_channels": 1, "out_channels": 1, "latent_channels": 2, "block_out_channels": [8, 8], "down_block_types": ["DownEncoderBlock2D", "DownEncoderBlock2D"],
             "up_block_types": ["UpDecoderBlock2D", "UpDecoderBlock2D"], "layers_per_block": 1, "norm_num_groups": 4, "scaling_factor": 0.4110932946205139}
            """),
        ("vocoder", """
            {"model_type": "hifigan", "model_in_dim": 4, "upsample_initial_channel": 8, "upsample_rates": [2, 2], "upsample_kernel_sizes": [5, 4], "resblock_kernel_sizes": [3],
             "resblock_dilation_sizes": [[1, 2]], "normalize_before": false}
            """),
    ];

    private const string SchedulerConfig = """
        {"_class_name": "DDIMScheduler", "beta_start": 0.0015, "beta_end": 0.0195, "beta_schedule": "scaled_linear", "clip_sample": false, "steps_offset": 1, "set_alpha_to_one": false}
        """;

    /// <summary>The options of a generator with random weights.</summary>
    public static string Yaml(string? more = null, int tokens = Tokens) => $"architecture: {{ {Architecture} }}, {Rest(tokens)}{(more is null ? "" : $", {more}")}";

    /// <summary>The options that no architecture has.</summary>
    public static string Rest(int tokens = Tokens) => $"caption_tokens: {tokens}, fft_length: 8";

    /// <summary>A generator of these options.</summary>
    public static Audioldm2Generator Create(string yaml, ScalarType dtype = ScalarType.Float32)
    {
        var options = ConfigBinder.Bind<Audioldm2Options>(ConfigDocument.Parse($"{{ {yaml} }}\n", "run.yaml"));
        return Audioldm2Generator.Create(options, new(new ModuleScope("audio.generator", dtype, CPU), Seed: 1));
    }

    /// <summary>Captions of 3 and 5 words, as the two tokenizers would have them: RoBERTa's padding is 1, T5's 0.</summary>
    public static Tensor Captions(int tokens = Tokens)
    {
        long[][] roberta = [[2, 7, 3], [2, 9, 11, 5, 3]], t5 = [[6, 8, 1], [12, 4, 19, 5, 1]];
        return tensor(roberta.Zip(t5).SelectMany(pair => Padded(pair.First, 1).Concat(Padded(pair.Second, 0))).ToArray(), [2, 2 * tokens]);

        IEnumerable<long> Padded(long[] ids, long padding) => Enumerable.Range(0, tokens).Select(t => t < ids.Length ? ids[t] : padding);
    }

    /// <summary>Writes a generator as diffusers and transformers would.</summary>
    public static void Write(TempFolder folder, IGenerator generator)
    {
        var parameters = generator.Module.named_parameters();
        foreach (var (part, config) in Configs)
        {
            folder.Write($"{part}/config.json", config);
            var tensors = parameters.Where(pair => pair.name.StartsWith($"{part}.", StringComparison.Ordinal))
                .ToDictionary(pair => Official(part, pair.name[(part.Length + 1)..]), pair => (Tensor)pair.parameter, StringComparer.Ordinal);
            if (part == "text_encoder") tensors["audio_model.audio_encoder.norm.weight"] = tensors["logit_scale_a"] = ones(1);
            if (part == "text_encoder_2") tensors["encoder.embed_tokens.weight"] = tensors["shared.weight"].clone();
            SafetensorsWriter.Write(Path.Combine(folder.Path, part, part is "unet" or "vae" or "projection_model" ? "diffusion_pytorch_model.safetensors" : "model.safetensors"), tensors);
        }

        folder.Write("scheduler/scheduler_config.json", SchedulerConfig);
        foreach (var tokenizer in (string[])["tokenizer", "tokenizer_2"]) Directory.CreateDirectory(Path.Combine(folder.Path, tokenizer));
    }

    /// <summary>RoBERTa's names, where the module has BERT's of the Q-Former.</summary>
    private static string Official(string part, string name)
    {
        if (part != "text_encoder") return name;
        if (name.StartsWith("linear", StringComparison.Ordinal)) return $"text_projection.{name}";
        return name.Replace("pooler.", "text_model.pooler.dense.", StringComparison.Ordinal)
            .Replace("embeddings.layernorm.", "embeddings.LayerNorm.", StringComparison.Ordinal)
            .Replace("attention.attention.", "attention.self.", StringComparison.Ordinal);
    }
}
