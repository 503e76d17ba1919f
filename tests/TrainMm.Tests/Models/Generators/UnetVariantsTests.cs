using TrainMm.Core.Diagnostics;
using TrainMm.Core.Weights;
using TrainMm.Models;
using TrainMm.Models.Generators.Diffusion.Layers;
using TrainMm.Models.Generators.Diffusion.Unet;
using TrainMm.Models.Layers;
using static TorchSharp.torch;

namespace TrainMm.Tests.Models.Generators;

/// <summary>UNets of other kinds than the golden case's.</summary>
public sealed class UnetVariantsTests
{
    /// <summary>Two ways to the same number in float32.</summary>
    private const double Rounding = 1e-5;

    public static TheoryData<string, UnetArchitecture> Variants => new()
    {
        { "heads", Tiny(heads: [2, 4]) },
        { "transformer layers", Tiny(transformerLayers: [1, 2]) },
        { "layers", Tiny(layers: [2, 1]) },
        { "linear projections", Tiny(linear: true) },
        { "attention at the bottom alone", Tiny(down: ["DownBlock2D", "CrossAttnDownBlock2D"], up: ["CrossAttnUpBlock2D", "UpBlock2D"]) },
        { "a plain middle", Tiny(middle: "UNetMidBlock2D") },
        { "no middle", Tiny(middle: null) },
        { "scale and shift by the timestep", Tiny(timeScaleShift: "scale_shift") },
        { "attention to the condition alone", Tiny(onlyCross: true) },
        { "padding behind", Tiny(padding: 0) },
        { "a transformer that sees the places alone", Tiny(conditions: [0, 6]) },
    };

    [Theory]
    [MemberData(nameof(Variants), DisableDiscoveryEnumeration = true)]
    public void EveryParameterCounts(string variant, UnetArchitecture sizes)
    {
        using var scope = NewDisposeScope();
        Assert.Empty(sizes.Problems());
        var part = new ModuleScope("unet", ScalarType.Float32, CPU, new TrainablePaths(["unet"]));
        using var unet = new UnetModel(sizes, part);
        RandomWeights.Linear(part, seed: 3);
        var condition = Numbers(1, 5, 6).requires_grad_();
        var predicted = unet.Forward(Numbers(1, 4, 7, 10), tensor(new long[] { 321 }), condition); // an odd side, too
        Assert.Equal([1, 4, 7, 10], predicted.shape);
        predicted.mul(Numbers(1, 4, 7, 10)).sum().backward();
        Assert.All(part.Parameters, pair => Assert.True(pair.Value.grad is { } gradient && gradient.pow(2).sum().item<float>() > 0, $"{variant}: {pair.Key} does not count"));
        Assert.True(condition.grad!.pow(2).sum().item<float>() > 0);
    }

    [Fact]
    public void ALinearProjectionIsAConvolutionOfOnePixel()
    {
        using var scope = NewDisposeScope();
        var (linear, convolution) = (Predicted(Tiny(linear: true)), Predicted(Tiny()));
        Assert.True(linear.sub(convolution).abs().max().item<float>() < Rounding * convolution.abs().max().item<float>());

        static Tensor Predicted(UnetArchitecture sizes)
        {
            var part = new ModuleScope("unet", ScalarType.Float32, CPU);
            using var unet = new UnetModel(sizes, part);
            RandomWeights.Linear(part, seed: 3); // keyed by name, so that both have the same numbers
            return unet.Forward(Numbers(2, 4, 8, 8), tensor(new long[] { 1, 700 }), Numbers(2, 5, 6));
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void AResidualBlockIsItsDefinition(bool scales)
    {
        using var scope = NewDisposeScope();
        var part = new ModuleScope("block", ScalarType.Float32, CPU);
        using var block = new ResidualBlock(new ResidualSizes(2, 1e-5, "silu", TimeWidth: 6, ScalesByTime: scales), from: 4, to: 8, part, divisor: 1.5);
        RandomWeights.Linear(part, seed: 3);
        RandomWeights.Uniform(part.Parameters["norm2.weight"], "norm2", 4, 1); // else 1 everywhere
        var weights = part.Parameters.ToDictionary(pair => pair.Key, pair => pair.Value.detach().to_type(ScalarType.Float64), StringComparer.Ordinal);
        var (x, time) = (Numbers(2, 4, 5, 5).to_type(ScalarType.Float64), Numbers(2, 6).to_type(ScalarType.Float64));

        var y = Convolved(Silu(Normed(x, "norm1")), "conv1");
        var told = Silu(time).matmul(weights["time_emb_proj.weight"].t()).add(weights["time_emb_proj.bias"]).reshape(2, -1, 1, 1);
        y = scales ? Normed(y, "norm2").mul(told.narrow(1, 0, 8).add(1)).add(told.narrow(1, 8, 8)) : Normed(y.add(told), "norm2");
        var expected = Convolved(Silu(y), "conv2").add(Convolved(x, "conv_shortcut")).div(1.5);

        var actual = block.Forward(x.to_type(ScalarType.Float32), time.to_type(ScalarType.Float32)).to_type(ScalarType.Float64);
        Assert.True(actual.sub(expected).abs().max().item<double>() < Rounding);

        static Tensor Silu(Tensor input) => input.div(input.neg().exp().add(1));

        Tensor Convolved(Tensor input, string name)
        {
            var edge = weights[$"{name}.weight"].shape[2] / 2;
            return nn.functional.conv2d(input, weights[$"{name}.weight"], weights[$"{name}.bias"], padding: [edge, edge]);
        }

        Tensor Normed(Tensor input, string name)
        {
            var groups = input.reshape(2, 2, -1);
            var centred = groups.sub(groups.mean([2], keepdim: true));
            var normed = centred.div(centred.pow(2).mean([2], keepdim: true).add(1e-5).sqrt()).reshape(input.shape);
            return normed.mul(weights[$"{name}.weight"].reshape(1, -1, 1, 1)).add(weights[$"{name}.bias"].reshape(1, -1, 1, 1));
        }
    }

    [Fact]
    public void EveryParameterAndEveryConditionOfSeveralCounts()
    {
        using var scope = NewDisposeScope();
        var part = new ModuleScope("unet", ScalarType.Float32, CPU, new TrainablePaths(["unet"]));
        using var unet = new UnetModel(Tiny(conditions: [0, 6, 10]), part);
        RandomWeights.Linear(part, seed: 3);
        var contexts = new[] { new UnetContext(Numbers(1, 3, 6).requires_grad_()), new UnetContext(Numbers(1, 5, 10).requires_grad_(), Hiding(5, 4)) };
        var predicted = unet.Forward(Numbers(1, 4, 7, 10), tensor(new long[] { 321 }), contexts);
        predicted.mul(Numbers(1, 4, 7, 10)).sum().backward();
        Assert.All(part.Parameters, pair => Assert.True(pair.Value.grad is { } gradient && gradient.pow(2).sum().item<float>() > 0, $"{pair.Key} does not count"));
        Assert.True(contexts[0].States.grad!.pow(2).sum(2L).gt(0).all().item<bool>());
        Assert.Equal([true, true, true, true, false], contexts[1].States.grad!.pow(2).sum(2L).gt(0).data<bool>().ToArray()); // what is hidden does not
        Assert.Contains("There are 1 conditions, the UNet sees 2.", Assert.Throws<ArgumentException>(() => unet.Forward(Numbers(1, 4, 8, 8), tensor(new long[] { 1 }), Numbers(1, 3, 6))).Message, StringComparison.Ordinal);
    }

    /// <summary>What is hidden is as if it were not there, and the transformers behind a residual block stand in the reference's order.</summary>
    [Fact]
    public void SeveralTransformersAreTheirDefinition()
    {
        using var scope = NewDisposeScope();
        var part = new ModuleScope("attentions", ScalarType.Float64, CPU);
        var each = Tiny(conditions: [0, 6, 10]).Level(0).Transformers;
        using var transformers = SpatialTransformer.Behind(2, each, part);
        RandomWeights.Linear(part, seed: 3);
        var (x, first, second) = (Wide(Numbers(2, 8, 3, 4)), Wide(Numbers(2, 3, 6)), Wide(Numbers(2, 5, 10)));
        var weights = part.Parameters.ToDictionary(pair => pair.Key, pair => pair.Value.detach(), StringComparer.Ordinal);
        var actual = SpatialTransformer.RunBehind(transformers, 1, 2, x, [new UnetContext(first), new UnetContext(second, Wide(Hiding(5, 3)))]);

        var expected = x.flatten(2).transpose(1, 2);                           // [2, 12, 8]
        expected = Transformed(expected, "3", asking => asking);
        expected = Transformed(expected, "4", _ => first);
        expected = Transformed(expected, "5", _ => second.index_select(1, tensor(new long[] { 0, 1, 2, 4 })));
        Assert.True(actual.flatten(2).transpose(1, 2).sub(expected).abs().max().item<double>() < 1e-12);

        Tensor Transformed(Tensor places, string name, Func<Tensor, Tensor> seen)
        {
            var y = Normed(places.transpose(1, 2).reshape(2, 4, -1), 1e-6).reshape(2, 8, -1).transpose(1, 2);
            y = Projected(Scaled(y, $"{name}.norm"), $"{name}.proj_in");
            var block = $"{name}.transformer_blocks.0";
            var own = Scaled(Normed(y, 1e-5), $"{block}.norm1");
            y = y.add(Attended(own, own, $"{block}.attn1"));
            var asking = Scaled(Normed(y, 1e-5), $"{block}.norm2");
            y = y.add(Attended(asking, seen(asking), $"{block}.attn2"));
            var halves = Projected(Scaled(Normed(y, 1e-5), $"{block}.norm3"), $"{block}.ff.net.0.proj").chunk(2, 2);
            y = y.add(Projected(halves[0].mul(Gelu(halves[1])), $"{block}.ff.net.2"));
            return places.add(Projected(y, $"{name}.proj_out"));
        }

        // Two heads of four, each of them a softmax written out.
        Tensor Attended(Tensor asking, Tensor seen, string name)
        {
            var (q, k, v) = (Projected(asking, $"{name}.to_q"), Projected(seen, $"{name}.to_k"), Projected(seen, $"{name}.to_v"));
            var heads = Enumerable.Range(0, 2).Select(head =>
            {
                var exponents = q.narrow(2, 4 * head, 4).matmul(k.narrow(2, 4 * head, 4).transpose(1, 2)).div(2).exp();
                return exponents.div(exponents.sum(2L, keepdim: true)).matmul(v.narrow(2, 4 * head, 4));
            });
            return Projected(cat([.. heads], 2), $"{name}.to_out.0");
        }

        Tensor Projected(Tensor input, string name)
        {
            var weight = weights[$"{name}.weight"];
            var output = input.matmul(weight.reshape(weight.shape[0], weight.shape[1]).t());
            return weights.TryGetValue($"{name}.bias", out var bias) ? output.add(bias) : output;
        }

        Tensor Scaled(Tensor input, string name) => input.mul(weights[$"{name}.weight"]).add(weights[$"{name}.bias"]);

        static Tensor Normed(Tensor input, double epsilon)
        {
            var centred = input.sub(input.mean([2], keepdim: true));
            return centred.div(centred.pow(2).mean([2], keepdim: true).add(epsilon).sqrt());
        }

        static Tensor Gelu(Tensor input) => input.mul(input.div(Math.Sqrt(2)).erf().add(1)).div(2);

        static Tensor Wide(Tensor input) => input.to_type(ScalarType.Float64);
    }

    [Fact]
    public void AudioLdm2sConditionsAreRead()
    {
        Assert.Equal([0, 768, 1024], Read("[[null, 768, 1024], [null, 768, 1024]]").TransformerConditions);
        Assert.Equal([768], Read("[[768], [768]]").TransformerConditions);
        var plain = Read("[16, 24]");
        Assert.Equal([16, 24], plain.CrossAttentionDim);
        Assert.Empty(plain.TransformerConditions);
        Assert.Contains("'cross_attention_dim' has different lists", Mistake("[[null, 768], [null, 1024]]"), StringComparison.Ordinal);
        Assert.Contains("'cross_attention_dim' gives a condition to two transformers", Mistake("[[768, 1024], [768, 1024]]"), StringComparison.Ordinal);
        Assert.Contains("'cross_attention_dim' has no condition in it", Mistake("[[null], [null]]"), StringComparison.Ordinal);
        Assert.Contains("'cross_attention_dim' has 0 in it", Mistake("[[0, 768], [0, 768]]"), StringComparison.Ordinal);

        static string Mistake(string widths) => Assert.Throws<CheckpointException>(() => Read(widths)).Message;

        static UnetArchitecture Read(string widths)
        {
            using var folder = new TempFolder();
            folder.Write("config.json", $$"""
                {"_class_name": "AudioLDM2UNet2DConditionModel", "block_out_channels": [32, 64], "down_block_types": ["DownBlock2D", "CrossAttnDownBlock2D"],
                 "up_block_types": ["CrossAttnUpBlock2D", "UpBlock2D"], "cross_attention_dim": {{widths}}}
                """);
            return UnetConfig.Read(HuggingFaceConfig.Open(folder.Path));
        }
    }

    [Fact]
    public void WhatDoesNotFitIsSaid()
    {
        Assert.Equal("has 3 numbers, neither one nor one for each of 2 blocks", Assert.Single(Tiny(layers: [1, 1, 1]).Problems()).Message);
        Assert.StartsWith("has the unknown block 'AttnDownBlock2D' in it", Assert.Single(Tiny(down: ["AttnDownBlock2D", "DownBlock2D"]).Problems()).Message, StringComparison.Ordinal);
    }

    private static UnetArchitecture Tiny(
        int[]? heads = null, int[]? layers = null, int[]? transformerLayers = null, string[]? down = null, string[]? up = null, string? middle = "UNetMidBlock2DCrossAttn",
        bool linear = false, bool onlyCross = false, int padding = 1, string timeScaleShift = "default", int[]? conditions = null) => new()
        {
            BlockOutChannels = [8, 16],
            DownBlockTypes = down ?? ["CrossAttnDownBlock2D", "DownBlock2D"],
            UpBlockTypes = up ?? ["UpBlock2D", "CrossAttnUpBlock2D"],
            MidBlockType = middle,
            LayersPerBlock = layers ?? [1],
            TransformerLayersPerBlock = transformerLayers ?? [1],
            AttentionHeadDim = heads ?? [2],
            CrossAttentionDim = [6],
            TransformerConditions = conditions ?? [],
            NormNumGroups = 4,
            UseLinearProjection = linear,
            OnlyCrossAttention = onlyCross,
            DownsamplePadding = padding,
            ResnetTimeScaleShift = timeScaleShift,
        };

    /// <summary>[1, 1, 1, S], one of which is hidden.</summary>
    private static Tensor Hiding(int count, int hidden) => zeros(1, 1, 1, count).masked_fill(arange(count).eq(hidden), finfo(ScalarType.Float32).min);

    private static Tensor Numbers(params long[] shape) => arange(shape.Aggregate(1L, (all, each) => all * each), ScalarType.Float64).mul(0.71).sin().to_type(ScalarType.Float32).reshape(shape);
}
