using TrainMm.Core.Diagnostics;
using TrainMm.Core.Roles;
using TrainMm.Models;
using static TorchSharp.torch;

namespace TrainMm.Tests.Models.Generators;

public sealed class StableDiffusionTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void AFolderInDiffusersLayoutIsRead(bool oldNames)
    {
        using var scope = NewDisposeScope();
        using var folder = new TempFolder();
        using var made = Create(TinyDiffusion.Yaml());
        TinyDiffusion.Write(folder, made, oldNames);
        using var read = Create($"checkpoint: {folder.Path}");
        Assert.Equal(Path.Combine(folder.Path, "tokenizer"), read.Captions.Tokenizer);
        Assert.Equal((6, 20), (read.Captions.Tokens, read.Captions.VocabularySize));
        Assert.Equal(new ImageSpec(16, 16, ImageFit.CenterCrop, Resampling.Bilinear, new(0.5, 0.5, 0.5), new(0.5, 0.5, 0.5)), read.Target);
        Assert.Equal(FrozenHash.Of(made.Module), FrozenHash.Of(read.Module));
        var condition = read.Condition(TinyGenerator.Captions("stable_diffusion").narrow(0, 0, 1));
        Assert.True(made.Sample(new(condition, [1], Steps: 2, GuidanceScale: 1)).equal(read.Sample(new(condition, [1], Steps: 2, GuidanceScale: 1))).item<bool>());
    }

    [Fact]
    public void WhatDoesNotFitIsAnErrorThatNamesIt()
    {
        Assert.Contains("generator.image_size: is 17, no multiple of 2", Mistake(TinyDiffusion.Yaml("image_size: 17")), StringComparison.Ordinal);
        Assert.Contains("generator.eta: is for the sampler ddim alone", Mistake(TinyDiffusion.Yaml("sampler: pndm, eta: 1")), StringComparison.Ordinal);
        Assert.Contains("architecture.unet: takes a condition of width 10, the text encoder's is 8", Mistake(TinyDiffusion.Yaml().Replace("cross_attention_dim: [8]", "cross_attention_dim: [10]", StringComparison.Ordinal)), StringComparison.Ordinal);
        Assert.Contains("unet.attention_head_dim: cannot split 8 channels into 3 heads", Mistake(TinyDiffusion.Yaml().Replace("attention_head_dim: [2]", "attention_head_dim: [3]", StringComparison.Ordinal)), StringComparison.Ordinal);
        Assert.Contains("generator.sampler: pndm does not know what to do with a prediction of x₀", Mistake(TinyDiffusion.Yaml().Replace("architecture: {", "architecture: { scheduler: { prediction_type: sample },", StringComparison.Ordinal)), StringComparison.Ordinal);
        Assert.Contains("give either a checkpoint or an architecture", Mistake("sampler: ddim"), StringComparison.Ordinal);

        using var folder = new TempFolder();
        using (var scope = NewDisposeScope())
        using (var made = Create(TinyDiffusion.Yaml())) TinyDiffusion.Write(folder, made, oldNames: false);
        folder.Write("scheduler/scheduler_config.json", """{"_class_name": "EulerDiscreteScheduler"}""");
        Assert.Contains("the checkpoint's sampler, EulerDiscreteScheduler, is not known here", Mistake($"checkpoint: {folder.Path}"), StringComparison.Ordinal);
        folder.Write("unet/config.json", """{"_class_name": "UNet2DConditionModel", "class_embed_type": "timestep"}""");
        Assert.Contains("'class_embed_type' is given, which is not known here", Assert.Throws<CheckpointException>(() => Create($"checkpoint: {folder.Path}")).Message, StringComparison.Ordinal);

        static string Mistake(string yaml) => Assert.Throws<ConfigurationException>(() => Create(yaml)).Message;
    }

    private static IGenerator Create(string yaml) => TinyGenerator.FromYaml("stable_diffusion", yaml);
}
