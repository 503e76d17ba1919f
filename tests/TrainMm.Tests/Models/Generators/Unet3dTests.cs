using TrainMm.Core.Diagnostics;
using TrainMm.Core.Weights;
using TrainMm.Models;
using TrainMm.Models.Generators.Diffusion.Layers;
using TrainMm.Models.Generators.Diffusion.Unet;
using TrainMm.Models.Layers;
using static TorchSharp.torch;

namespace TrainMm.Tests.Models.Generators;

/// <summary>The UNet of videos: its parts over time by their definition, its parts together, and what it is when those over time do nothing.</summary>
public sealed class Unet3dTests
{
    /// <summary>Two ways to the same number in float64.</summary>
    private const double Rounding = 1e-10;

    private const int Frames = 3;

    private static readonly Unet3dArchitecture Tiny = new()
    {
        BlockOutChannels = [4, 8],
        DownBlockTypes = ["CrossAttnDownBlock3D", "DownBlock3D"],
        UpBlockTypes = ["UpBlock3D", "CrossAttnUpBlock3D"],
        LayersPerBlock = 1,
        NormNumGroups = 2,
        CrossAttentionDim = 6,
        AttentionHeadDim = 2,
    };

    [Fact]
    public void AConvolutionOverTimeIsItsDefinition()
    {
        using var scope = NewDisposeScope();
        var part = Part("block");
        using var block = new TemporalConvolution(channels: 4, groups: 2, part);
        var weights = Filled(part);
        var x = Numbers(2 * Frames, 4, 2, 5);

        var y = x.reshape(2, Frames, 4, 2, 5);                                                     // [B, F, channels, H, W]
        foreach (var (norm, convolution) in ((string, string)[])[("conv1.0", "conv1.2"), ("conv2.0", "conv2.3"), ("conv3.0", "conv3.3"), ("conv4.0", "conv4.3")])
        {
            var normed = Normed(y, weights, norm, epsilon: 1e-5);
            var active = normed.div(normed.neg().exp().add(1));
            y = stack([.. Enumerable.Range(0, Frames).Select(f => At(active, f, convolution))], 1);
        }

        Assert.True(Difference(block.Forward(x, Frames), y.reshape(x.shape).add(x)) < Rounding);

        Tensor At(Tensor active, int frame, string name)
        {
            var sum = weights[$"{name}.bias"].reshape(1, -1, 1, 1).expand(2, 4, 2, 5);
            for (var k = -1; k <= 1; k++)
                if (frame + k is >= 0 and < Frames) sum = sum.add(einsum("oc,bchw->bohw", weights[$"{name}.weight"].select(2, k + 1).reshape(4, 4), active.select(1, frame + k)));
            return sum;
        }
    }

    [Fact]
    public void ATransformerOverTimeIsItsDefinition()
    {
        using var scope = NewDisposeScope();
        var part = Part("block");
        var sizes = new TransformerSizes(Width: 6, Heads: 3, ConditionWidth: null, Depth: 1, Groups: 2, IsLinear: true, OnlyCrossAttention: false); // other than the 4 channels
        using var block = new TemporalTransformer(channels: 4, sizes, part);
        var weights = Filled(part);
        var x = Numbers(2 * Frames, 4, 2, 5);

        var normed = Normed(x.reshape(2, Frames, 4, 2, 5), weights, "norm", epsilon: 1e-6);
        var expected = x.clone();
        for (var place = 0; place < 2 * 2 * 5; place++)
        {
            var (video, row, column) = (place / 10, (place / 5) % 2, place % 5);
            var y = Linear(normed.select(0, video).select(2, row).select(2, column), "proj_in");  // [F, width]
            const string Layer = "transformer_blocks.0";
            y = y.add(Attended(LayerNormed(y, $"{Layer}.norm1"), $"{Layer}.attn1"));
            y = y.add(Attended(LayerNormed(y, $"{Layer}.norm2"), $"{Layer}.attn2"));
            var halves = Linear(LayerNormed(y, $"{Layer}.norm3"), $"{Layer}.ff.net.0.proj").chunk(2, 1);
            y = Linear(y.add(Linear(halves[0].mul(halves[1].div(Math.Sqrt(2)).erf().add(1).mul(halves[1]).div(2)), $"{Layer}.ff.net.2")), "proj_out");
            for (var f = 0; f < Frames; f++) expected[(video * Frames) + f].select(1, row).select(1, column).add_(y[f]);
        }

        Assert.True(Difference(block.Forward(x, Frames), expected) < Rounding);

        Tensor Linear(Tensor input, string name)
        {
            var product = input.matmul(weights[$"{name}.weight"].t());
            return weights.TryGetValue($"{name}.bias", out var bias) ? product.add(bias) : product;
        }

        Tensor LayerNormed(Tensor input, string name)
        {
            var centred = input.sub(input.mean([1], keepdim: true));
            return centred.div(centred.pow(2).mean([1], keepdim: true).add(1e-5).sqrt()).mul(weights[$"{name}.weight"]).add(weights[$"{name}.bias"]);
        }

        Tensor Attended(Tensor input, string name)
        {
            var (queries, keys, values) = (Linear(input, $"{name}.to_q"), Linear(input, $"{name}.to_k"), Linear(input, $"{name}.to_v"));
            var heads = Enumerable.Range(0, 3).Select(head =>
            {
                var (q, k, v) = (queries.narrow(1, 2 * head, 2), keys.narrow(1, 2 * head, 2), values.narrow(1, 2 * head, 2)); // [F, 2]
                var scores = q.matmul(k.t()).div(Math.Sqrt(2)).exp();                              // [F, F]
                return scores.div(scores.sum(1L).unsqueeze(1)).matmul(v);
            });
            return Linear(cat([.. heads], 1), $"{name}.to_out.0");
        }
    }

    [Fact]
    public void TheWholeIsItsPartsInThePublishedOrder()
    {
        using var scope = NewDisposeScope();
        var part = Part("unet");
        using var unet = new UnetModel(Tiny.Sizes, part);
        Filled(part);
        var (latents, timesteps, condition) = (Numbers(2, 4, Frames, 4, 6), tensor(new long[] { 1, 700 }), Numbers(2, 5, 6));

        // Parts of their own have the same numbers, since these are keyed by a parameter's name.
        var parts = Part("unet");
        var sizes = Tiny.Sizes;
        var time = unet.Embed(unet.Waves(timesteps).to_type(ScalarType.Float64)).repeat_interleave(Frames, 0);
        UnetContext[] each = [new(condition.repeat_interleave(Frames, 0))];
        var first = new Convolution2d(4, 4, 3, At("conv_in"));
        var overTime = new TemporalTransformer(4, sizes.OverTime(heads: 8, headWidth: 2), At("transformer_in"));
        var (downLayer, downTime) = Residual("down_blocks.0", 0, 4, 4);
        var (attention, attentionTime) = Attending("down_blocks.0", 0, level: 0);
        var half = new Downsampler(4, 1, At("down_blocks.0.downsamplers.0"));
        var (deepLayer, deepTime) = Residual("down_blocks.1", 0, 4, 8);
        var middle = (First: Residual("mid_block", 0, 8, 8), Attention: Attending("mid_block", 0, level: 1), Second: Residual("mid_block", 1, 8, 8));
        var lowest = (First: Residual("up_blocks.0", 0, 16, 8), Second: Residual("up_blocks.0", 1, 12, 8));
        var twice = new Upsampler(8, At("up_blocks.0.upsamplers.0"));
        var highest = (First: Residual("up_blocks.1", 0, 12, 4), A: Attending("up_blocks.1", 0, level: 0), Second: Residual("up_blocks.1", 1, 8, 4), B: Attending("up_blocks.1", 1, level: 0));
        var norm = new GroupNorm(4, 2, 1e-5, At("conv_norm_out"));
        var last = new Convolution2d(4, 4, 3, At("conv_out"));
        Filled(parts);

        var x0 = overTime.Forward(first.Forward(latents.permute(0, 2, 1, 3, 4).reshape(2 * Frames, 4, 4, 6)), Frames);
        var x1 = attentionTime.Forward(attention.Forward(downTime.Forward(downLayer.Forward(x0, time), Frames), each), Frames);
        var x2 = half.Forward(x1);
        var x3 = deepTime.Forward(deepLayer.Forward(x2, time), Frames);
        var y = Through(middle.First, x3);
        y = middle.Attention.OverTime.Forward(middle.Attention.Layer.Forward(y, each), Frames);
        y = Through(middle.Second, y);
        y = Through(lowest.First, cat([y, x3], 1));
        y = twice.Forward(Through(lowest.Second, cat([y, x2], 1)), 4, 6);
        y = highest.A.OverTime.Forward(highest.A.Layer.Forward(Through(highest.First, cat([y, x1], 1)), each), Frames);
        y = highest.B.OverTime.Forward(highest.B.Layer.Forward(Through(highest.Second, cat([y, x0], 1)), each), Frames);
        y = last.Forward(nn.functional.silu(norm.Forward(y))).reshape(2, Frames, 4, 4, 6).permute(0, 2, 1, 3, 4);

        Assert.Equal(part.Parameters.Keys.Where(name => !name.StartsWith("time_embedding", StringComparison.Ordinal)).Order(StringComparer.Ordinal), parts.Parameters.Keys.Order(StringComparer.Ordinal));
        Assert.True(Difference(unet.Forward(latents, timesteps, condition), y) < Rounding);

        ModuleScope At(string path) => path.Split('.').Aggregate(parts, (place, name) => place.Child(name));

        Tensor Through((ResidualBlock Layer, TemporalConvolution OverTime) block, Tensor input) => block.OverTime.Forward(block.Layer.Forward(input, time), Frames);

        (ResidualBlock Layer, TemporalConvolution OverTime) Residual(string block, int i, int from, int to) =>
            (new ResidualBlock(sizes.Residual, from, to, At($"{block}.resnets.{i}")), new TemporalConvolution(to, 2, At($"{block}.temp_convs.{i}")));

        (SpatialTransformer Layer, TemporalTransformer OverTime) Attending(string block, int i, int level) =>
            (new SpatialTransformer(Assert.Single(sizes.Level(level).Transformers), At($"{block}.attentions.{i}")), new TemporalTransformer(sizes.Level(level).Channels, sizes.Level(level).TransformerOverTime!, At($"{block}.temp_attentions.{i}")));
    }

    [Fact]
    public void WithoutWhatHappensOverTimeItIsTheUnetOfImagesFrameByFrame()
    {
        using var scope = NewDisposeScope();
        var (part, ofImages) = (Part("unet"), Part("unet"));
        using var unet = new UnetModel(Tiny.Sizes, part);
        using var images = new UnetModel(new UnetArchitecture
        {
            BlockOutChannels = [4, 8],
            DownBlockTypes = ["CrossAttnDownBlock2D", "DownBlock2D"],
            UpBlockTypes = ["UpBlock2D", "CrossAttnUpBlock2D"],
            LayersPerBlock = [1],
            NormNumGroups = 2,
            CrossAttentionDim = [6],
            AttentionHeadDim = [2, 4],
            UseLinearProjection = true,
        }, ofImages);
        Filled(part);
        Filled(ofImages);
        var (latents, timesteps, condition) = (Numbers(2, 4, Frames, 4, 6), tensor(new long[] { 1, 700 }), Numbers(2, 5, 6));
        var moving = unet.Forward(latents, timesteps, condition);
        foreach (var (name, parameter) in part.Parameters)
            if (name.Contains("temp_convs.", StringComparison.Ordinal) ? name.Contains(".conv4.3.", StringComparison.Ordinal) : !ofImages.Parameters.ContainsKey(name) && name.Contains("proj_out.", StringComparison.Ordinal))
                RandomWeights.Fill(parameter, 0);
        var still = unet.Forward(latents, timesteps, condition);
        Assert.True(Difference(moving, still) > 1e-3); // else the parts over time would be nothing anyway
        for (var f = 0; f < Frames; f++) Assert.True(Difference(still.select(2, f), images.Forward(latents.select(2, f), timesteps, condition)) < Rounding);
    }

    [Fact]
    public void EveryParameterCounts()
    {
        using var scope = NewDisposeScope();
        var part = new ModuleScope("unet", ScalarType.Float32, CPU, new TrainablePaths(["unet"]));
        using var unet = new UnetModel(Tiny.Sizes, part);
        RandomWeights.Linear(part, seed: 3);
        var condition = Numbers(1, 5, 6).to_type(ScalarType.Float32).requires_grad_();
        var latents = Numbers(1, 4, Frames, 5, 6).to_type(ScalarType.Float32); // an odd side, too
        var predicted = unet.Forward(latents, tensor(new long[] { 321 }), condition);
        Assert.Equal([1, 4, Frames, 5, 6], predicted.shape);
        predicted.mul(latents).sum().backward();
        Assert.All(part.Parameters, pair => Assert.True(pair.Value.grad is { } gradient && gradient.pow(2).sum().item<float>() > 0, $"{pair.Key} does not count"));
        Assert.True(condition.grad!.pow(2).sum().item<float>() > 0);
    }

    [Theory]
    [InlineData("""{"_class_name": "UNet2DConditionModel"}""", "'_class_name' is 'UNet2DConditionModel', no UNet3DConditionModel")]
    [InlineData("""{"down_block_types": ["CrossAttnDownBlock2D", "DownBlock3D", "DownBlock3D", "DownBlock3D"]}""", "'down_block_types' has the unknown block 'CrossAttnDownBlock2D' in it; did you mean 'CrossAttnDownBlock3D'?")]
    [InlineData("""{"up_block_types": ["UpBlock3D"]}""", "'up_block_types' has 1 blocks, block_out_channels has 4")]
    [InlineData("""{"attention_head_dim": 48}""", "'attention_head_dim' cannot split 320 channels into heads of 48")]
    [InlineData("""{"act_fn": "gelu"}""", "'act_fn' is 'gelu'; known here: silu")]
    [InlineData("""{"norm_num_groups": null}""", "'norm_num_groups' is null: a UNet without norms is not known here")]
    [InlineData("""{"num_attention_heads": 8}""", "'num_attention_heads' is given, which is not known here")]
    public void AConfigurationThatDiffersIsRefused(string config, string message)
    {
        using var folder = new TempFolder();
        folder.Write("config.json", config);
        Assert.Contains(message, Assert.Throws<CheckpointException>(() => Unet3dArchitecture.Read(HuggingFaceConfig.Open(folder.Path))).Message, StringComparison.Ordinal);
    }

    private static ModuleScope Part(string name) => new(name, ScalarType.Float64, CPU);

    /// <summary>Gives every parameter, those of norms, too, numbers of its own by its name.</summary>
    private static Dictionary<string, Tensor> Filled(ModuleScope part)
    {
        foreach (var (name, parameter) in part.Parameters) RandomWeights.Normal(parameter, name, seed: 3, std: 0.4);
        return part.Parameters.ToDictionary(pair => pair.Key, pair => pair.Value.detach(), StringComparer.Ordinal);
    }

    /// <summary>Group norm of a video [B, F, channels, H, W] in two groups over all frames.</summary>
    private static Tensor Normed(Tensor video, Dictionary<string, Tensor> weights, string name, double epsilon)
    {
        var (batch, frames, channels, height, width) = (video.shape[0], video.shape[1], video.shape[2], video.shape[3], video.shape[4]);
        var groups = video.reshape(batch, frames, 2, channels / 2, height, width);
        var centred = groups.sub(groups.mean([1, 3, 4, 5], keepdim: true));
        var normed = centred.div(centred.pow(2).mean([1, 3, 4, 5], keepdim: true).add(epsilon).sqrt()).reshape(video.shape);
        return normed.mul(weights[$"{name}.weight"].reshape(1, 1, -1, 1, 1)).add(weights[$"{name}.bias"].reshape(1, 1, -1, 1, 1));
    }

    private static double Difference(Tensor one, Tensor other) => one.sub(other).abs().max().item<double>();

    private static Tensor Numbers(params long[] shape) => arange(shape.Aggregate(1L, (all, each) => all * each), ScalarType.Float64).mul(0.71).sin().reshape(shape);
}
