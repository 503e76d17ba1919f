using TrainMm.Core.Config;
using TrainMm.Core.Diagnostics;
using TrainMm.Core.Roles;
using TrainMm.Models;
using TrainMm.Models.Generators;
using TrainMm.Models.Layers;
using static TorchSharp.torch;

namespace TrainMm.Tests.Models.Generators;

public sealed class ZeroscopeTests
{
    /// <summary>Two numbers of float32 that were summed in another order.</summary>
    private const double Rounding = 1e-5;

    [Fact]
    public void ASamplesLossIsThatOfAllItsFrames()
    {
        using var scope = NewDisposeScope();
        using var generator = Create(TinyDiffusion.VideoYaml());
        var (condition, encoded) = (generator.Condition(Captions()), generator.Encode(Videos()));
        var otherEnd = encoded.clone();
        otherEnd.select(2, 2).select(1, 0).add_(1); // the last frame's first channel
        Assert.NotEqual(Numbers(generator.Loss(condition, encoded, [5, 6]))[0], Numbers(generator.Loss(condition, otherEnd, [5, 6]))[0]);
    }

    [Fact]
    public void TheFramesOfAVideoDiffer()
    {
        using var scope = NewDisposeScope();
        using var generator = Create(TinyDiffusion.VideoYaml());
        var videos = generator.Sample(new SampleRequest(generator.Condition(Captions()), [3, 4], Steps: 2, GuidanceScale: 1));
        Assert.Equal([2, 3, 3, 8, 12], videos.shape);
        Assert.False(videos.select(1, 0).equal(videos.select(1, 2)).item<bool>());
    }

    [Fact]
    public void TheAutoencoderReadsFrameByFrame()
    {
        using var scope = NewDisposeScope();
        using var generator = Create(TinyDiffusion.VideoYaml());
        var encoded = generator.Encode(Videos());
        Assert.Equal([2, 8, 3, 4, 6], encoded.shape);
        Assert.Equal(ScalarType.Float32, encoded.dtype);
        for (var f = 0; f < 3; f++)
            Assert.True(encoded.narrow(2, f, 1).sub(generator.Encode(Videos().narrow(1, f, 1))).abs().max().item<float>() < Rounding);
    }

    [Fact]
    public void AFolderInDiffusersLayoutIsRead()
    {
        using var scope = NewDisposeScope();
        using var folder = new TempFolder();
        using var made = Create(TinyDiffusion.VideoYaml());
        TinyDiffusion.Write(folder, made);
        using var read = Create($"checkpoint: {folder.Path}, {TinyDiffusion.VideoSizes}, sampler: ddim");
        Assert.Equal(FrozenHash.Of(made.Module), FrozenHash.Of(read.Module));
        Assert.Contains(read.Module.named_parameters(), pair => pair.name == "unet.down_blocks.0.temp_attentions.0.transformer_blocks.0.attn2.to_k.weight");
        var request = new SampleRequest(read.Condition(Captions().narrow(0, 0, 1)), [1], Steps: 2, GuidanceScale: 1);
        Assert.True(made.Sample(request).equal(read.Sample(request)).item<bool>());
    }

    [Fact]
    public void ItMakesVideosOfThePublishedSizeUnlessOptionsSayOtherwise()
    {
        var architecture = TinyDiffusion.VideoYaml().Replace($", {TinyDiffusion.VideoSizes}", "", StringComparison.Ordinal);
        using var published = Create(architecture);
        var half = new ChannelStatistics(0.5, 0.5, 0.5);
        Assert.Equal(new VideoSpec(new ImageSpec(320, 576, ImageFit.Squash, Resampling.Bilinear, half, half), 24), published.Target);
        Assert.Equal((8, new SamplerSpec(40, 9, 1000)), (published.Rate, published.Sampler));
        using var other = Create(TinyDiffusion.VideoYaml("frames_per_second: 12"));
        Assert.Equal(new VideoSpec(new ImageSpec(8, 12, ImageFit.Squash, Resampling.Bilinear, half, half), 3), other.Target);
        Assert.Equal(12, other.Rate);
    }

    /// <summary>UNet, text encoder and autoencoder, whose numbers <see cref="PublishedDiffusionSizesTests"/> compares one by one.</summary>
    [Fact]
    public void WithoutSizesItIsThePublishedOne()
    {
        var options = ConfigBinder.Bind<Options>(ConfigDocument.Parse("generator: { kind: zeroscope, architecture: {} }\n", "run.yaml"));
        using var generator = options.Generator.Create(new GeneratorContext(new ModuleScope("video.generator", ScalarType.Float16, META), Seed: 1));
        Assert.Equal(1_411_233_860 + 340_387_840 + 83_653_863, generator.Module.parameters().Sum(parameter => parameter.numel()));
    }

    [Fact]
    public void WhatDoesNotFitIsAnErrorThatNamesIt()
    {
        Assert.Contains("generator.height: is 9, no multiple of 2", Mistake(TinyDiffusion.VideoYaml().Replace("height: 8", "height: 9", StringComparison.Ordinal)), StringComparison.Ordinal);
        Assert.Contains("generator.width: is 13, no multiple of 2", Mistake(TinyDiffusion.VideoYaml().Replace("width: 12", "width: 13", StringComparison.Ordinal)), StringComparison.Ordinal);
        Assert.Contains("architecture.unet: takes a condition of width 10, the text encoder's is 8", Mistake(TinyDiffusion.VideoYaml().Replace("cross_attention_dim: 8", "cross_attention_dim: 10", StringComparison.Ordinal)), StringComparison.Ordinal);
        Assert.Contains("unet.attention_head_dim: cannot split 8 channels into heads of 3", Mistake(TinyDiffusion.VideoYaml().Replace("attention_head_dim: 4", "attention_head_dim: 3", StringComparison.Ordinal)), StringComparison.Ordinal);

        using var scope = NewDisposeScope();
        using var folder = new TempFolder();
        using (var images = TinyGenerator.Create("stable_diffusion")) TinyDiffusion.Write(folder, images);
        Assert.Contains("'_class_name' is 'UNet2DConditionModel', no UNet3DConditionModel", Assert.Throws<CheckpointException>(() => Create($"checkpoint: {folder.Path}")).Message, StringComparison.Ordinal);

        using (var videos = Create(TinyDiffusion.VideoYaml())) TinyDiffusion.Write(folder, videos);
        folder.Write("unet/config.json", File.ReadAllText(Path.Combine(folder.Path, "unet", "config.json")).Replace("[8, 16]", "[8, 24]", StringComparison.Ordinal));
        Assert.Contains("down_blocks.1.resnets.0.conv1.bias is [16], [24] was expected", Mistake($"checkpoint: {folder.Path}"), StringComparison.Ordinal);

        static string Mistake(string yaml) => Assert.Throws<ConfigurationException>(() => Create(yaml)).Message;
    }

    private static IGenerator Create(string yaml) => TinyGenerator.FromYaml("zeroscope", yaml);

    private static Tensor Captions() => TinyGenerator.Captions("zeroscope");

    private static Tensor Videos() => TinyGenerator.Media("zeroscope");

    private static float[] Numbers(Tensor tensor) => tensor.data<float>().ToArray();

    private sealed class Options
    {
        /// <summary>The generator.</summary>
        [FromCatalog(typeof(GeneratorCatalog))]
        public required Component<IGenerator, GeneratorContext> Generator { get; init; }
    }
}
