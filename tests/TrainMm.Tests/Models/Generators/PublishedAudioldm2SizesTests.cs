using TrainMm.Core.Weights;
using TrainMm.Models.Generators.Diffusion.Unet;
using TrainMm.Models.Generators.Diffusion.Vae;
using TrainMm.Models.Generators.HifiGan;
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

    private static ModuleScope Part() => new("part", ScalarType.Float32, META);

    private static long Numbers(ModuleScope part) => part.Parameters.Values.Sum(parameter => parameter.numel());
}
