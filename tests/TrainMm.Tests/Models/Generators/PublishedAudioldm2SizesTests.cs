using TrainMm.Core.Roles;
using TrainMm.Core.Weights;
using TrainMm.Models.Encoders.ClapText;
using TrainMm.Models.Generators.Audioldm2;
using TrainMm.Models.Generators.Diffusion.Unet;
using TrainMm.Models.Generators.Diffusion.Vae;
using TrainMm.Models.Generators.HifiGan;
using TrainMm.Models.LanguageModels.Gpt2;
using TrainMm.Models.LanguageModels.T5;
using TrainMm.Models.Layers;
using static TorchSharp.torch;

namespace TrainMm.Tests.Models.Generators;

/// <summary>AudioLDM 2's parts at the published sizes, from the configurations of cvssp/audioldm2, on the meta device: their files would be as large, to the byte, as those of that repository.</summary>
public sealed class PublishedAudioldm2SizesTests
{
    [Fact]
    public void TheVocodersFileIsAsLarge()
    {
        using var folder = new TempFolder();
        folder.Write("config.json", """
            {"architectures": ["SpeechT5HifiGan"], "initializer_range": 0.01, "leaky_relu_slope": 0.1, "model_in_dim": 64, "model_type": "hifigan", "normalize_before": false,
             "resblock_dilation_sizes": [[1, 3, 5], [1, 3, 5], [1, 3, 5]], "resblock_kernel_sizes": [3, 7, 11], "sampling_rate": 16000, "upsample_initial_channel": 1024,
             "upsample_kernel_sizes": [16, 16, 8, 4, 4], "upsample_rates": [5, 4, 2, 2, 2]}
            """);
        var part = Part();
        using var vocoder = new HifiGanModel(HifiGanArchitecture.Read(HuggingFaceConfig.Open(folder.Path)), part);
        Assert.Equal(55_265_025, Numbers(part));
        Assert.Equal(221_079_092, SafetensorsSize.Of(part));
    }

    [Fact]
    public void TheUnetsFileIsAsLarge()
    {
        using var folder = new TempFolder();
        folder.Write("config.json", """
            {"_class_name": "AudioLDM2UNet2DConditionModel", "act_fn": "silu", "attention_head_dim": 8, "block_out_channels": [128, 256, 384, 640], "class_embed_type": null,
             "class_embeddings_concat": false, "conv_in_kernel": 3, "conv_out_kernel": 3, "cross_attention_dim": [[null, 768, 1024], [null, 768, 1024], [null, 768, 1024], [null, 768, 1024]],
             "down_block_types": ["DownBlock2D", "CrossAttnDownBlock2D", "CrossAttnDownBlock2D", "CrossAttnDownBlock2D"], "downsample_padding": 1, "flip_sin_to_cos": true, "freq_shift": 0,
             "in_channels": 8, "layers_per_block": 2, "mid_block_scale_factor": 1, "mid_block_type": "UNetMidBlock2DCrossAttn", "norm_eps": 1e-05, "norm_num_groups": 32,
             "num_attention_heads": null, "num_class_embeds": null, "only_cross_attention": false, "out_channels": 8, "projection_class_embeddings_input_dim": null,
             "resnet_time_scale_shift": "default", "sample_size": 256, "time_cond_proj_dim": null, "time_embedding_act_fn": null, "time_embedding_dim": null,
             "time_embedding_type": "positional", "timestep_post_act": null, "transformer_layers_per_block": 1,
             "up_block_types": ["CrossAttnUpBlock2D", "CrossAttnUpBlock2D", "CrossAttnUpBlock2D", "UpBlock2D"], "upcast_attention": false, "use_linear_projection": false}
            """);
        var part = Part();
        using var unet = new UnetModel(UnetConfig.Read(HuggingFaceConfig.Open(folder.Path)), part);
        Assert.Equal(1_387_964_784, SafetensorsSize.Of(part));
        Assert.Equal([640, 1024], part.Parameters["mid_block.attentions.2.transformer_blocks.0.attn2.to_k.weight"].shape);
        Assert.Equal([384, 384], part.Parameters["down_blocks.2.attentions.3.transformer_blocks.0.attn2.to_k.weight"].shape);
        Assert.Equal([256, 768], part.Parameters["up_blocks.2.attentions.7.transformer_blocks.0.attn2.to_v.weight"].shape);
    }

    [Fact]
    public void TheAutoencodersFileIsAsLarge()
    {
        using var folder = new TempFolder();
        folder.Write("config.json", """
            {"_class_name": "AutoencoderKL", "act_fn": "silu", "block_out_channels": [128, 256, 512], "down_block_types": ["DownEncoderBlock2D", "DownEncoderBlock2D", "DownEncoderBlock2D"],
             "force_upcast": true, "in_channels": 1, "latent_channels": 8, "layers_per_block": 2, "norm_num_groups": 32, "out_channels": 1, "sample_size": 1024,
             "scaling_factor": 0.4110932946205139, "up_block_types": ["UpDecoderBlock2D", "UpDecoderBlock2D", "UpDecoderBlock2D"]}
            """);
        var part = Part();
        using var vae = new VaeModel(VaeArchitecture.Read(HuggingFaceConfig.Open(folder.Path)), part);
        Assert.Equal(221_530_308, SafetensorsSize.Of(part));
    }

    [Fact]
    public void TheTextsFilesAreAsLarge()
    {
        using var folder = new TempFolder();
        folder.Write("clap/config.json", """
            {"architectures": ["ClapModel"], "audio_config": {"depths": [2, 2, 12, 2], "fusion_num_hidden_layers": 2, "hidden_size": 1024, "model_type": "clap_audio_model", "patch_embeds_hidden_size": 128, "projection_hidden_size": 768},
             "hidden_size": 768, "initializer_factor": 1.0, "logit_scale_init_value": 14.285714285714285, "model_type": "clap", "num_hidden_layers": 16, "projection_dim": 512, "projection_hidden_act": "relu",
             "text_config": {"classifier_dropout": null, "fusion_hidden_size": 768, "fusion_num_hidden_layers": 2, "initializer_range": 0.02, "model_type": "clap_text_model", "projection_hidden_size": 768}}
            """);
        folder.Write("t5/config.json", """
            {"architectures": ["T5EncoderModel"], "d_ff": 2816, "d_kv": 64, "d_model": 1024, "decoder_start_token_id": 0, "dense_act_fn": "gelu_new", "dropout_rate": 0.1, "feed_forward_proj": "gated-gelu",
             "initializer_factor": 1.0, "is_encoder_decoder": true, "is_gated_act": true, "layer_norm_epsilon": 1e-06, "model_type": "t5", "n_positions": 512, "num_decoder_layers": 24, "num_heads": 16,
             "num_layers": 24, "pad_token_id": 0, "relative_attention_max_distance": 128, "relative_attention_num_buckets": 32, "tie_word_embeddings": false, "vocab_size": 32128}
            """);
        folder.Write("gpt2/config.json", """
            {"activation_function": "gelu_new", "architectures": ["GPT2Model"], "initializer_range": 0.02, "layer_norm_epsilon": 1e-05, "max_new_tokens": 8, "model_type": "gpt2", "n_ctx": 1024,
             "n_embd": 768, "n_head": 12, "n_inner": null, "n_layer": 12, "n_positions": 1024, "scale_attn_by_inverse_layer_idx": false, "scale_attn_weights": true, "vocab_size": 50257}
            """);
        var (clap, t5, gpt2, projection) = (Part(), Part(), Part(), Part());
        using var sound = new ClapTextModel(ClapTextArchitecture.Read(Config("clap")), clap);
        using var words = new T5TextEncoder(T5Architecture.Read(Config("t5")), t5);
        using var prior = new Gpt2Model(Gpt2Architecture.Read(Config("gpt2")), gpt2);
        using var between = new Audioldm2Projection(512, 1024, 768, projection);
        Assert.Equal(1_364_951_064, SafetensorsSize.Of(t5));
        Assert.Equal(497_772_432, SafetensorsSize.Of(gpt2));
        Assert.Equal(4_737_688, SafetensorsSize.Of(projection));

        // The file holds CLAP's other tower, too: a RoBERTa base, and 768 · 512 + 512 + 512 · 512 + 512 numbers behind it.
        Assert.Equal(124_645_632 + 656_384, Numbers(clap));

        HuggingFaceConfig Config(string name) => HuggingFaceConfig.Open(Path.Combine(folder.Path, name));
    }

    [Fact]
    public void TheDefaultsAreThePublishedSizes()
    {
        var part = Part();
        using var generator = Audioldm2Generator.Create(new() { Architecture = new() }, new(part, Seed: 1));
        var sizes = part.Parameters.GroupBy(pair => pair.Key[..pair.Key.IndexOf('.', StringComparison.Ordinal)], StringComparer.Ordinal)
            .ToDictionary(group => group.Key, group => SafetensorsSize.Of(group.Select(pair => (pair.Key[(group.Key.Length + 1)..], pair.Value.shape))), StringComparer.Ordinal);
        Assert.Equal((1_387_964_784, 221_530_308, 221_079_092, 1_364_951_064, 497_772_432), (sizes["unet"], sizes["vae"], sizes["vocoder"], sizes["text_encoder_2"], sizes["language_model"]));
        Assert.Equal(new VocoderMelSpec(16_000, 163_840, 64, 1024, 160, Level: true), generator.Target);
        Assert.Equal(new FeatureSpec(8 + 64, 1024), generator.Conditioning);
    }

    private static ModuleScope Part() => new("part", ScalarType.Float32, META);

    private static long Numbers(ModuleScope part) => part.Parameters.Values.Sum(parameter => parameter.numel());
}
