using TrainMm.Core.Diagnostics;
using TrainMm.Core.Roles;
using TrainMm.Core.Weights;
using TrainMm.Models;
using TrainMm.Models.Peft.Lora;
using TrainMm.Tests.Torch;
using static TorchSharp.torch;

namespace TrainMm.Tests.Models.Peft;

[Collection(ProcessWide.Name)]
public sealed class DoraTests
{
    [Fact]
    public void AnUntrainedDoraGivesTheFrozenOutputs()
    {
        using var scope = NewDisposeScope();
        using var plain = TinyModel.Build(TinyModel.Options());
        using var adapted = Build();
        Assert.True(plain.Hidden(TinyModel.Batch()).allclose(adapted.Hidden(TinyModel.Batch()), 1e-5, 1e-6));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void EqualsItsDefinition(bool isTransposed)
    {
        using var scope = NewDisposeScope();
        var (layer, x) = (Layer(isTransposed), linspace(-1, 2, 12).view(2, 6));
        var (w, a, b, m) = (layer.Frozen.to_type(ScalarType.Float64), Double(layer.Down), Double(layer.Up), Double(layer.Magnitude));
        var v = w.add(b.matmul(a).mul(2));
        var expected = x.to_type(ScalarType.Float64).matmul(v.mul(m.unsqueeze(1)).div(v.pow(2).sum(1L).sqrt().unsqueeze(1)).t()).add(1);
        Assert.True(layer.Adapted.Forward(x).to_type(ScalarType.Float64).allclose(expected, 1e-5, 1e-6));
        layer.Adapted.Merge();
        Assert.True(layer.Adapted.Forward(x).to_type(ScalarType.Float64).allclose(expected, 1e-5, 1e-6));
        layer.Adapted.Unmerge();
        Assert.True(layer.Adapted.Values().to_type(ScalarType.Float64).allclose(w, 1e-5, 1e-6));
        layer.Adapted.Dispose();
    }

    [Fact]
    public void DropoutWithNothingDroppedIsNoDropout()
    {
        using var scope = NewDisposeScope();
        var (plain, dropping, x) = (Layer(false), Layer(false, dropout: 1e-9), linspace(-1, 2, 12).view(2, 6));
        dropping.Adapted.train();
        Assert.True(plain.Adapted.Forward(x).allclose(dropping.Adapted.Forward(x), 1e-5, 1e-6));
    }

    [Fact]
    public void MergingKeepsTheOutputAndUnmergingBringsTheWeightsBack()
    {
        using var scope = NewDisposeScope();
        using var model = Build();
        Disturb(model.Peft!);
        var before = model.Hidden(TinyModel.Batch());
        var weights = model.named_parameters().ToDictionary(pair => pair.name, pair => pair.parameter.clone(), StringComparer.Ordinal);
        model.Peft!.Merge();
        Assert.True(model.Hidden(TinyModel.Batch()).allclose(before, 1e-4, 1e-5));
        model.Peft.Unmerge();
        foreach (var (name, parameter) in model.named_parameters()) Assert.True(parameter.sub(weights[name]).abs().max().item<float>() <= 2e-6, name);
    }

    [Theory]
    [InlineData("")]
    [InlineData(".weight")]
    public void WhatIsSavedIsReadBackAlsoUnderTheNamesOfLaterVersions(string ending)
    {
        using var folder = new TempFolder();
        using var scope = NewDisposeScope();
        using var model = Build(trained: TrainablePaths.Adapter);
        Disturb(model.Peft!);
        model.Peft!.Save(folder.Path);
        Assert.Contains("base_model.model.model.layers.1.mlp.down_proj.lora_magnitude_vector", Names(folder.Path));
        SafetensorsWriter.Write(
            Path.Combine(folder.Path, "adapter_model.safetensors"),
            model.Peft.Parameters.ToDictionary(pair => AdapterConfigFile.NamePrefix + pair.Key + (pair.Key.EndsWith("vector", StringComparison.Ordinal) ? ending : ""), pair => (Tensor)pair.Value, StringComparer.Ordinal));
        using var read = TinyModel.Build(TinyModel.Options(adapter: TinyModel.Adapter("lora", new LoraOptions { Checkpoint = folder.Path })));
        Assert.True(model.Hidden(TinyModel.Batch()).allclose(read.Hidden(TinyModel.Batch()), 0, 0));
    }

    [Fact]
    public void APartialLoraHasNoMagnitude()
    {
        var options = TinyModel.Options(adapter: TinyModel.Adapter("partial_lora", new LoraOptions { Dora = true }));
        Assert.Contains("acts at every position", Assert.Throws<ConfigurationException>(() => TinyModel.Build(options)).Message, StringComparison.Ordinal);
    }

    private static MultimodalModel Build(params string[] trained) => TinyModel.Build(TinyModel.Options(adapter: TinyModel.Adapter("lora", new LoraOptions { R = 2, Alpha = 4, Dora = true })), trained);

    private static void Disturb(IPeftMethod peft)
    {
        TinyModel.Disturb(peft);
        using var guard = no_grad();
        foreach (var (_, magnitude) in peft.Parameters.Where(pair => pair.Key.EndsWith("vector", StringComparison.Ordinal))) magnitude.mul_(linspace(0.5, 1.5, magnitude.numel()));
    }

    private static List<string> Names(string folder)
    {
        using var file = SafetensorsFile.Open(Path.Combine(folder, "adapter_model.safetensors"));
        return [.. file.Entries.Keys];
    }

    private static Tensor Double(Tensor tensor) => tensor.detach().to_type(ScalarType.Float64);

    private static (LoraLinear Adapted, Tensor Frozen, Tensor Down, Tensor Up, Tensor Magnitude) Layer(bool isTransposed, double dropout = 0)
    {
        var plain = new TrainMm.Models.Layers.ModuleScope("layer", ScalarType.Float32, CPU).Child("plain").Linear(6, 5, bias: true, isTransposed);
        using var guard = no_grad();
        plain.Weight.copy_(linspace(-2, 3, 30).view(plain.Weight.shape));
        plain.Bias!.fill_(1);
        var (down, up, magnitude) = (Parameter(linspace(-1, 1, 12).view(2, 6)), Parameter(linspace(-1, 2, 10).view(5, 2)), Parameter(linspace(1, 3, 5)));
        return (new LoraLinear(plain, down, up, scale: 2, dropout, mediaOnly: false, magnitude), plain.Values().clone(), down, up, magnitude);
    }

    private static TorchSharp.Modules.Parameter Parameter(Tensor values) => new(values.clone(), requires_grad: false);
}
