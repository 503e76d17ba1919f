using TrainMm.Core.Weights;
using TrainMm.Models.Encoders.ClipText;
using TrainMm.Models.Generators.Diffusion.Unet;
using TrainMm.Models.Generators.Diffusion.Vae;
using TrainMm.Models.Layers;
using static TorchSharp.torch;

namespace TrainMm.Tests.Models.Generators;

/// <summary>Stable Diffusion's parts at the published sizes, from their published configurations, on the meta device: how many tensors and numbers there are, and names and shapes from every kind of block.</summary>
public sealed class PublishedDiffusionSizesTests
{
    [Fact]
    public void TheUnetOfStableDiffusion15HasTheCheckpointsTensors()
    {
        var made = Unet("""
            {"_class_name": "UNet2DConditionModel", "act_fn": "silu", "attention_head_dim": 8, "block_out_channels": [320, 640, 1280, 1280], "center_input_sample": false,
             "cross_attention_dim": 768, "down_block_types": ["CrossAttnDownBlock2D", "CrossAttnDownBlock2D", "CrossAttnDownBlock2D", "DownBlock2D"], "downsample_padding": 1,
             "flip_sin_to_cos": true, "freq_shift": 0, "in_channels": 4, "layers_per_block": 2, "mid_block_scale_factor": 1, "norm_eps": 1e-05, "norm_num_groups": 32,
             "out_channels": 4, "sample_size": 64, "up_block_types": ["UpBlock2D", "CrossAttnUpBlock2D", "CrossAttnUpBlock2D", "CrossAttnUpBlock2D"]}
            """);
        AssertCounts(made, 686, 859_520_964);
        AssertShapes(
            made,
            ("time_embedding.linear_1.weight", [1280, 320]),
            ("conv_in.weight", [320, 4, 3, 3]),
            ("down_blocks.0.attentions.1.proj_in.weight", [320, 320, 1, 1]),
            ("down_blocks.0.attentions.1.transformer_blocks.0.attn1.to_q.weight", [320, 320]),
            ("down_blocks.1.attentions.0.transformer_blocks.0.attn2.to_k.weight", [640, 768]),
            ("down_blocks.1.attentions.0.transformer_blocks.0.ff.net.0.proj.weight", [5120, 640]),
            ("down_blocks.1.attentions.0.transformer_blocks.0.ff.net.2.bias", [640]),
            ("down_blocks.1.resnets.0.conv_shortcut.weight", [640, 320, 1, 1]),
            ("down_blocks.2.downsamplers.0.conv.bias", [1280]),
            ("down_blocks.3.resnets.1.time_emb_proj.weight", [1280, 1280]),
            ("mid_block.attentions.0.norm.weight", [1280]),
            ("mid_block.resnets.1.conv2.weight", [1280, 1280, 3, 3]),
            ("up_blocks.0.resnets.2.conv1.weight", [1280, 2560, 3, 3]),
            ("up_blocks.1.resnets.2.conv1.weight", [1280, 1920, 3, 3]),
            ("up_blocks.2.resnets.0.conv_shortcut.weight", [640, 1920, 1, 1]),
            ("up_blocks.2.upsamplers.0.conv.weight", [640, 640, 3, 3]),
            ("up_blocks.3.attentions.2.transformer_blocks.0.attn2.to_out.0.bias", [320]),
            ("up_blocks.3.resnets.0.norm1.weight", [960]),
            ("conv_norm_out.weight", [320]),
            ("conv_out.weight", [4, 320, 3, 3]));
    }

    [Fact]
    public void TheUnetOfStableDiffusion21HasTheCheckpointsTensors()
    {
        var made = Unet("""
            {"_class_name": "UNet2DConditionModel", "act_fn": "silu", "attention_head_dim": [5, 10, 20, 20], "block_out_channels": [320, 640, 1280, 1280], "center_input_sample": false,
             "cross_attention_dim": 1024, "down_block_types": ["CrossAttnDownBlock2D", "CrossAttnDownBlock2D", "CrossAttnDownBlock2D", "DownBlock2D"], "downsample_padding": 1,
             "dual_cross_attention": false, "flip_sin_to_cos": true, "freq_shift": 0, "in_channels": 4, "layers_per_block": 2, "mid_block_scale_factor": 1, "norm_eps": 1e-05,
             "norm_num_groups": 32, "num_class_embeds": null, "only_cross_attention": false, "out_channels": 4, "sample_size": 96,
             "up_block_types": ["UpBlock2D", "CrossAttnUpBlock2D", "CrossAttnUpBlock2D", "CrossAttnUpBlock2D"], "use_linear_projection": true, "upcast_attention": true}
            """);
        AssertCounts(made, 686, 865_910_724);
        AssertShapes(made, ("down_blocks.2.attentions.0.proj_in.weight", [1280, 1280]), ("up_blocks.1.attentions.2.transformer_blocks.0.attn2.to_v.weight", [1280, 1024]));
    }

    [Theory]
    [InlineData("to_q", "to_out.0", 0)]
    [InlineData("query", "proj_attn", 1)]
    public void TheAutoencoderOfStableDiffusionHasTheCheckpointsTensors(string query, string output, int layout)
    {
        using var folder = new TempFolder();
        folder.Write("config.json", """
            {"_class_name": "AutoencoderKL", "act_fn": "silu", "block_out_channels": [128, 256, 512, 512], "down_block_types": ["DownEncoderBlock2D", "DownEncoderBlock2D", "DownEncoderBlock2D", "DownEncoderBlock2D"],
             "in_channels": 3, "latent_channels": 4, "layers_per_block": 2, "norm_num_groups": 32, "out_channels": 3, "sample_size": 512,
             "up_block_types": ["UpDecoderBlock2D", "UpDecoderBlock2D", "UpDecoderBlock2D", "UpDecoderBlock2D"]}
            """);
        var scope = new ModuleScope("vae", ScalarType.Float16, META);
        using var vae = new VaeModel(VaeArchitecture.Read(HuggingFaceConfig.Open(folder.Path)), scope);
        var names = VaeModel.Layouts(scope.Parameters.Keys)[layout];
        var made = scope.Parameters.ToDictionary(pair => names.ToOfficial(pair.Key), pair => pair.Value.shape, StringComparer.Ordinal);
        AssertCounts(made, 248, 83_653_863);
        AssertShapes(
            made,
            ("encoder.conv_in.weight", [128, 3, 3, 3]),
            ("encoder.down_blocks.1.resnets.0.conv_shortcut.weight", [256, 128, 1, 1]),
            ("encoder.down_blocks.2.downsamplers.0.conv.weight", [512, 512, 3, 3]),
            ($"encoder.mid_block.attentions.0.{query}.weight", [512, 512]),
            ("encoder.conv_out.weight", [8, 512, 3, 3]),
            ("quant_conv.weight", [8, 8, 1, 1]),
            ("post_quant_conv.weight", [4, 4, 1, 1]),
            ("decoder.conv_in.weight", [512, 4, 3, 3]),
            ($"decoder.mid_block.attentions.0.{output}.bias", [512]),
            ("decoder.up_blocks.2.resnets.0.conv_shortcut.weight", [256, 512, 1, 1]),
            ("decoder.up_blocks.2.upsamplers.0.conv.weight", [256, 256, 3, 3]),
            ("decoder.up_blocks.3.resnets.2.norm1.weight", [128]),
            ("decoder.conv_out.weight", [3, 128, 3, 3]));
        Assert.All(made.Keys, name => Assert.True(scope.Parameters.ContainsKey(names.ToModule(name)!), name));
    }

    [Fact]
    public void TheUnetOfZeroscopeHasTheCheckpointsTensors()
    {
        using var folder = new TempFolder();
        folder.Write("config.json", """
            {"_class_name": "UNet3DConditionModel", "act_fn": "silu", "attention_head_dim": 64, "block_out_channels": [320, 640, 1280, 1280], "cross_attention_dim": 1024,
             "down_block_types": ["CrossAttnDownBlock3D", "CrossAttnDownBlock3D", "CrossAttnDownBlock3D", "DownBlock3D"], "downsample_padding": 1, "in_channels": 4, "layers_per_block": 2,
             "mid_block_scale_factor": 1, "norm_eps": 1e-05, "norm_num_groups": 32, "out_channels": 4, "sample_size": 32,
             "up_block_types": ["UpBlock3D", "CrossAttnUpBlock3D", "CrossAttnUpBlock3D", "CrossAttnUpBlock3D"]}
            """);
        var read = Unet3dArchitecture.Read(HuggingFaceConfig.Open(folder.Path));
        var scope = new ModuleScope("unet", ScalarType.Float16, META);
        using var unet = new UnetModel(read.Sizes, scope);
        var made = scope.Parameters.ToDictionary(pair => pair.Key, pair => pair.Value.shape, StringComparer.Ordinal);

        AssertCounts(made, 1480, 1_411_233_860);
        Assert.Equal(5.65, Math.Round(SafetensorsSize.Of(scope) / 1e9, 2)); // GB, as the repository's page says
        AssertShapes(
            made,
            ("conv_in.weight", [320, 4, 3, 3]),
            ("transformer_in.norm.weight", [320]),
            ("transformer_in.proj_in.weight", [512, 320]),
            ("transformer_in.transformer_blocks.0.attn2.to_k.weight", [512, 512]),
            ("transformer_in.proj_out.weight", [320, 512]),
            ("down_blocks.0.temp_convs.0.conv1.0.weight", [320]),
            ("down_blocks.0.temp_convs.1.conv1.2.weight", [320, 320, 3, 1, 1]),
            ("down_blocks.0.attentions.1.proj_in.weight", [320, 320]),
            ("down_blocks.1.attentions.0.transformer_blocks.0.attn2.to_k.weight", [640, 1024]),
            ("down_blocks.1.temp_attentions.0.transformer_blocks.0.attn2.to_k.weight", [640, 640]),
            ("down_blocks.3.temp_convs.1.conv4.3.bias", [1280]),
            ("mid_block.temp_convs.1.conv2.3.weight", [1280, 1280, 3, 1, 1]),
            ("mid_block.temp_attentions.0.transformer_blocks.0.ff.net.0.proj.weight", [10240, 1280]),
            ("up_blocks.0.temp_convs.2.conv3.0.bias", [1280]),
            ("up_blocks.1.resnets.2.conv1.weight", [1280, 1920, 3, 3]),
            ("up_blocks.3.temp_attentions.2.proj_out.weight", [320, 320]),
            ("up_blocks.3.temp_attentions.2.transformer_blocks.0.attn1.to_out.0.bias", [320]),
            ("conv_out.weight", [4, 320, 3, 3]));
    }

    [Theory]
    [InlineData(768, 3072, 12, 12, "quick_gelu", 123_060_480)]
    [InlineData(1024, 4096, 23, 16, "gelu", 340_387_840)]
    public void TheTextEncodersOfStableDiffusionHaveTheCheckpointsNumbers(int width, int inner, int layers, int heads, string activation, long count)
    {
        var scope = new ModuleScope("text_encoder", ScalarType.Float16, META);
        using var text = new ClipTextModel(new ClipTextArchitecture { HiddenSize = width, IntermediateSize = inner, NumHiddenLayers = layers, NumAttentionHeads = heads, HiddenAct = activation }, scope);
        Assert.Equal(count, scope.Parameters.Values.Sum(parameter => parameter.numel()));
    }

    private static Dictionary<string, long[]> Unet(string config)
    {
        using var folder = new TempFolder();
        folder.Write("config.json", config);
        var scope = new ModuleScope("unet", ScalarType.Float16, META);
        using var unet = new UnetModel(UnetConfig.Read(HuggingFaceConfig.Open(folder.Path)), scope);
        return scope.Parameters.ToDictionary(pair => pair.Key, pair => pair.Value.shape, StringComparer.Ordinal);
    }

    private static void AssertCounts(Dictionary<string, long[]> made, int tensors, long numbers)
    {
        Assert.Equal(tensors, made.Count);
        Assert.Equal(numbers, made.Values.Sum(shape => shape.Aggregate(1L, (all, each) => all * each)));
    }

    private static void AssertShapes(Dictionary<string, long[]> made, params (string Name, long[] Shape)[] expected)
    {
        foreach (var (name, shape) in expected) Assert.Equal(shape, made[name]);
    }
}
