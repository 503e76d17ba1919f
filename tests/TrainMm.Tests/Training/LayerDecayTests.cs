using TorchSharp;
using TrainMm.Core.Config;
using TrainMm.Core.Diagnostics;
using TrainMm.Training.Loop;
using TrainMm.Training.Optimisation;

namespace TrainMm.Tests.Training;

public sealed class LayerDecayTests
{
    private static readonly string[] Names =
    [
        "image.encoder.conv1.weight", "image.encoder.ln_pre.weight", "image.encoder.resblocks.0.weight", "image.encoder.resblocks.1.weight", "image.encoder.resblocks.2.weight",
        "image.encoder.ln_post.weight", "image.input_projector.proj.weight",
    ];

    /// <summary>As in BEiT's code, with three layers: 0.5⁴ before them, 0.5³, 0.5², 0.5 in them, 1 behind; other groups have nothing of it.</summary>
    [Fact]
    public void RatesFallFromTheLastLayerToTheFirst()
    {
        using var scope = torch.NewDisposeScope();
        var options = Options("groups: [{ parameters: [image.encoder], layer_decay: 0.5 }]");
        var rates = ParameterGroup.Deal(options, Parameters(Names)).SelectMany(group => group.Parameters.Select(parameter => (parameter.Name, group.LearningRate))).ToDictionary(StringComparer.Ordinal);
        Assert.Equal([0.0625, 0.0625, 0.125, 0.25, 0.5, 1, 1], Names.Select(name => rates[name]));
    }

    [Fact]
    public void WhatHasNoLayersCannotDecayByThem()
    {
        using var scope = torch.NewDisposeScope();
        var fault = Assert.Throws<ConfigurationException>(() => ParameterGroup.Deal(Options("groups: [{ parameters: [image.input_projector], layer_decay: 0.9 }]"), Parameters(Names)));
        Assert.Contains("optimizer.groups.0.layer_decay: none of the group's parameters is in a numbered layer", fault.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("0")]
    [InlineData("1.5")]
    public void ItIsAShare(string decay) => Assert.Throws<ConfigurationException>(() => Options($"groups: [{{ parameters: [image.encoder], layer_decay: {decay} }}]"));

    private static TrainedParameter[] Parameters(string[] names) => [.. names.Select(name => new TrainedParameter(name, torch.zeros(2, 2)))];

    private static OptimizerOptions Options(string groups)
    {
        var text = $"optimizer: {{ kind: adamw, learning_rate: 1, {groups} }}\nmodel: {{ modalities: {{ image: {{ encoder: {{ kind: clip_vit, architecture: {{}} }}, input_projector: {{ kind: mlp }} }} }}, language_model: {{ kind: llama, architecture: {{}} }} }}\n";
        using var folder = new TempFolder();
        folder.Write("train.yaml", "");
        var data = $"data: {{ train: {System.IO.Path.Combine(folder.Path, "train.yaml")}, template: {{ kind: plain }} }}\n";
        return (OptimizerOptions)ConfigBinder.Bind<RunOptions>(ConfigDocument.Parse(text + data, "run.yaml")).Optimizer.Options;
    }
}
