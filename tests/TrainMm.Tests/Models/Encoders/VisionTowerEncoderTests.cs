using TrainMm.Core.Config;
using TrainMm.Core.Diagnostics;
using TrainMm.Core.Roles;
using TrainMm.Models;
using TrainMm.Models.Encoders;
using TrainMm.Models.Layers;
using TrainMm.Tests.Torch;
using static TorchSharp.torch;

namespace TrainMm.Tests.Models.Encoders;

/// <summary>What configuration says of a vision tower, for every kind: which layer, which features, other picture sizes, and what is not possible.</summary>
[Collection(ProcessWide.Name)]
public sealed class VisionTowerEncoderTests
{
    private const string HuggingFace = "hidden_size: 16, num_hidden_layers: 2, num_attention_heads: 2, image_size: 28, patch_size: 7";
    private const string OpenClip = "embed_dim: 12, layers: 2, width: 16, head_width: 8, mlp_ratio: 2, image_size: 28, patch_size: 7";
    private const string Siglip = $"kind: siglip, architecture: {{ {HuggingFace}, intermediate_size: 32 }}";

    public static TheoryData<string, int, int> Towers => new()
    {
        { Siglip, 0, 16 },
        { $"kind: vit, architecture: {{ {HuggingFace}, intermediate_size: 32, qkv_bias: false }}", 1, 16 },
        { $"kind: dinov2, architecture: {{ {HuggingFace}, mlp_ratio: 2, use_swiglu_ffn: true }}", 1, 16 },
        { $"kind: eva_clip, architecture: {{ {OpenClip}, ls_init_value: 0.1, postnorm: true, global_average_pool: true }}", 1, 12 },
        { $"kind: eva02_clip, architecture: {{ {OpenClip}, rope: true, intp_freq: true, naiveswiglu: true, subln: true, qkv_bias: false }}", 1, 12 },
        { $"kind: openclip_vit, architecture: {{ {OpenClip}, ls_init_value: 0.1, pool_type: avg, no_ln_pre: true }}", 1, 12 },
        { "kind: imagebind, architecture: { out_embed_dim: 12, image_size: 28, kernel_size: [2, 7, 7], vision: { embed_dim: 16, num_blocks: 2, num_heads: 2 } }", 1, 12 },
    };

    [Theory]
    [MemberData(nameof(Towers))]
    public void ALargerImageGivesALargerGridOfFeatures(string tower, int classTokens, int pooledWidth)
    {
        using var scope = NewDisposeScope();
        using var usual = Create(tower, ScalarType.BFloat16);
        AssertFits(usual, 28, new FeatureSpec(16, 16, 4, 4));
        using var larger = Create($"{tower}, image_size: 42, final_norm: true", ScalarType.BFloat16);
        AssertFits(larger, 42, new FeatureSpec(36, 16, 6, 6));
        using var pooled = Create($"{tower}, select_feature: pooled", ScalarType.Float32);
        AssertFits(pooled, 28, new FeatureSpec(1, pooledWidth));
        if (classTokens == 0) return;
        using var all = Create($"{tower}, select_feature: cls_patch, select_layer: -1", ScalarType.Float32);
        AssertFits(all, 28, new FeatureSpec(16 + classTokens, 16));
    }

    [Theory]
    [MemberData(nameof(Towers))]
    public void OnlyWhatIsUsedIsBuilt(string tower, int classTokens, int pooledWidth)
    {
        using var first = Create($"{tower}, select_layer: 1", ScalarType.Float32, META);
        using var whole = Create($"{tower}, select_feature: pooled", ScalarType.Float32, META);
        string[] few = [.. first.Module.named_parameters().Select(pair => pair.name)];
        string[] all = [.. whole.Module.named_parameters().Select(pair => pair.name)];
        Assert.Contains(few, name => name.Contains(".0.", StringComparison.Ordinal));
        Assert.DoesNotContain(few, name => name.Contains("layers.1.", StringComparison.Ordinal) || name.Contains("layer.1.", StringComparison.Ordinal) || name.Contains("blocks.1.", StringComparison.Ordinal));
        Assert.Empty(few.Except(all, StringComparer.Ordinal));
        Assert.True(all.Length > few.Length);
        Assert.Equal(new FeatureSpec(1, pooledWidth), whole.Output);
        Assert.Equal(classTokens, few.Count(IsClassToken));
    }

    [Theory]
    [MemberData(nameof(Towers))]
    public void AGradientReachesEveryParameterOfTheWhole(string tower, int classTokens, int pooledWidth)
    {
        using var scope = NewDisposeScope();
        manual_seed(3);
        var part = new ModuleScope("image.encoder", ScalarType.BFloat16, CPU, new TrainablePaths(["image.encoder"]));
        using var encoder = Bind($"{tower}, select_feature: pooled").Create(new EncoderContext(part, 1));
        encoder.Encode(randn(2, 3, 28, 28)).to_type(ScalarType.Float32).mul(randn(2, 1, pooledWidth)).sum().backward();
        Assert.Equal(classTokens, part.Parameters.Keys.Count(IsClassToken));
        Assert.All(part.Parameters, pair => Assert.True(pair.Value.dtype == ScalarType.Float32 && pair.Value.grad is not null, pair.Key));
    }

    [Fact]
    public void WhatATowerCannotGiveIsAMistakeAtItsLine()
    {
        string[] mistakes =
        [
            $"{Siglip}, select_feature: cls_patch",
            $"{Siglip}, select_layer: 3",
            $"{Siglip}, image_size: 6",
            Siglip.Replace("intermediate_size: 32", "vision_use_head: false", StringComparison.Ordinal) + ", select_feature: pooled",
            Siglip.Replace("num_attention_heads: 2", "num_attention_heads: 3", StringComparison.Ordinal),
            Siglip.Replace("patch_size: 7", "patch_size: 29", StringComparison.Ordinal),
            $"kind: vit, architecture: {{ {HuggingFace}, hidden_act: gleu }}",
            $"kind: eva02_clip, architecture: {{ {OpenClip}, rope: true }}",
            $"kind: eva02_clip, architecture: {{ {OpenClip.Replace("head_width: 8", "head_width: 2", StringComparison.Ordinal)}, rope: true, intp_freq: true }}",
            "kind: imagebind, architecture: { kernel_size: [3, 14, 14] }",
            "kind: nfnet_f6, architecture: { depths: [1], channels: [16, 16], group_size: 3 }",
            "kind: nfnet_f6, architecture: { depths: [1], channels: [16], group_size: 4 }, select_stage: 2",
            "kind: dinov2",
        ];
        Snapshot.Match(string.Join("\n", mistakes.Select(mistake => Assert.Throws<ConfigurationException>(() => Create(mistake, ScalarType.Float32, META)).Message)), "mistakes");
    }

    private static bool IsClassToken(string name) => name.EndsWith("cls_token", StringComparison.Ordinal) || name.EndsWith("class_embedding", StringComparison.Ordinal);

    private static void AssertFits(IModalityEncoder encoder, int side, FeatureSpec expected)
    {
        var input = (ImageSpec)encoder.Input;
        Assert.Equal((side, side), (input.Height, input.Width));
        Assert.Equal(expected, encoder.Output);
        var features = encoder.Encode(randn(2, 3, side, side));
        Assert.Equal([2, expected.Tokens, expected.Width], features.shape);
        Assert.True(features.to_type(ScalarType.Float32).isfinite().all().item<bool>());
    }

    private static IModalityEncoder Create(string encoder, ScalarType dtype, Device? device = null) =>
        Bind(encoder).Create(new EncoderContext(new ModuleScope("image.encoder", dtype, device ?? CPU), 1));

    private static Component<IModalityEncoder, EncoderContext> Bind(string encoder) =>
        ConfigBinder.Bind<EncoderOnly>(ConfigDocument.Parse($"encoder: {{ {encoder} }}\n", "run.yaml")).Encoder;

    private sealed class EncoderOnly
    {
        [FromCatalog(typeof(EncoderCatalog))]
        public required Component<IModalityEncoder, EncoderContext> Encoder { get; init; }
    }
}
