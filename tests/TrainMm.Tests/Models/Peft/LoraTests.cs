using TrainMm.Core.Diagnostics;
using TrainMm.Core.Weights;
using TrainMm.Core.Weights.PyTorch;
using TrainMm.Models;
using TrainMm.Models.Peft.Lora;
using static TorchSharp.torch;

namespace TrainMm.Tests.Models.Peft;

public sealed class LoraTests
{
    /// <summary>Adding a delta and taking it out again rounds each weight twice.</summary>
    private const double MergeTolerance = 1e-6;

    [Fact]
    public void AnUntrainedAdapterChangesNothing()
    {
        using var scope = NewDisposeScope();
        using var plain = TinyModel.Build(TinyModel.Options());
        using var adapted = TinyModel.Build(TinyModel.Options(adapter: TinyModel.Adapter()));
        Assert.True(plain.Hidden(TinyModel.Batch()).allclose(adapted.Hidden(TinyModel.Batch()), 0, 0));
    }

    [Fact]
    public void MergingKeepsTheOutputAndUnmergingBringsTheWeightsBack()
    {
        using var scope = NewDisposeScope();
        using var model = TinyModel.Build(TinyModel.Options(adapter: TinyModel.Adapter()));
        TinyModel.Disturb(model.Peft!);
        var before = model.Hidden(TinyModel.Batch());
        var weights = model.named_parameters().ToDictionary(pair => pair.name, pair => pair.parameter.clone(), StringComparer.Ordinal);
        model.Peft!.Merge();
        Assert.False(model.named_parameters().Single(pair => pair.name.EndsWith("layers.0.self_attn.q_proj.weight", StringComparison.Ordinal) && pair.name.StartsWith("language", StringComparison.Ordinal)).parameter
            .allclose(weights["language_model.model.layers.0.self_attn.q_proj.weight"]));
        Assert.True(model.Hidden(TinyModel.Batch()).allclose(before, 1e-4, 1e-5));
        Assert.Throws<InvalidOperationException>(model.Peft.Merge);
        model.Peft.Unmerge();
        foreach (var (name, parameter) in model.named_parameters()) Assert.True(parameter.sub(weights[name]).abs().max().item<float>() <= MergeTolerance, name);
        Assert.Throws<InvalidOperationException>(model.Peft.Unmerge);
    }

    [Fact]
    public void WhatIsSavedIsReadBackWithItsSettings()
    {
        using var folder = new TempFolder();
        using var scope = NewDisposeScope();
        var options = new LoraOptions
        {
            R = 3,
            Alpha = 6,
            TargetModules = ["q_proj", "down_proj"],
            RankPattern = new Dictionary<string, int>(StringComparer.Ordinal) { ["layers.1.mlp.down_proj"] = 2 },
            UseRslora = true,
            ModulesToSave = ["lm_head"],
        };
        using var model = TinyModel.Build(TinyModel.Options(adapter: TinyModel.Adapter("lora", options)), TrainablePaths.Adapter);
        TinyModel.Disturb(model.Peft!);
        model.Peft!.Save(folder.Path);
        Snapshot.Match(File.ReadAllText(Path.Combine(folder.Path, "adapter_config.json")), "adapter-config");
        using (var file = SafetensorsFile.Open(Path.Combine(folder.Path, "adapter_model.safetensors")))
            Snapshot.Match(string.Join('\n', file.Entries.Values.OrderBy(entry => entry.Name, StringComparer.Ordinal).Select(entry => $"{entry.Name} {entry.Dtype} [{string.Join(", ", entry.Shape)}]")), "adapter-names");

        using var read = TinyModel.Build(TinyModel.Options(adapter: TinyModel.Adapter("lora", new LoraOptions { Checkpoint = folder.Path })));
        Assert.Equal(model.Peft.Parameters.Keys, read.Peft!.Parameters.Keys, StringComparer.Ordinal);
        Assert.True(model.Hidden(TinyModel.Batch()).allclose(read.Hidden(TinyModel.Batch()), 0, 0));
        Assert.Equal(ScalarType.Float32, read.Peft.Parameters["lm_head.weight"].dtype);
    }

    [Fact]
    public void AnAdapterOfAnOlderPeftIsReadFromItsPyTorchFile()
    {
        using var folder = new TempFolder();
        using var scope = NewDisposeScope();
        using var model = TinyModel.Build(TinyModel.Options(adapter: TinyModel.Adapter()));
        TinyModel.Disturb(model.Peft!);
        model.Peft!.Save(folder.Path);
        File.Delete(Path.Combine(folder.Path, "adapter_model.safetensors"));
        TorchFileWriter.Write(
            Path.Combine(folder.Path, "adapter_model.bin"), model.Peft.Parameters.ToDictionary(pair => AdapterConfigFile.NamePrefix + pair.Key, pair => (Tensor)pair.Value, StringComparer.Ordinal));
        using var read = TinyModel.Build(TinyModel.Options(adapter: TinyModel.Adapter("lora", new LoraOptions { Checkpoint = folder.Path })));
        Assert.True(model.Hidden(TinyModel.Batch()).allclose(read.Hidden(TinyModel.Batch()), 0, 0));
    }

    [Fact]
    public void AnAdapterThatDoesNotFitIsNamedKeyByKey()
    {
        using var folder = new TempFolder();
        using var scope = NewDisposeScope();
        var options = new LoraOptions { R = 2, Alpha = 4, TargetModules = ["q_proj"] };
        using (var model = TinyModel.Build(TinyModel.Options(adapter: TinyModel.Adapter("lora", options))))
        {
            model.Peft!.Save(folder.Path);
            var tensors = model.Peft.Parameters.ToDictionary(pair => AdapterConfigFile.NamePrefix + pair.Key, pair => (Tensor)pair.Value, StringComparer.Ordinal);
            const string First = "base_model.model.model.layers.0.self_attn.q_proj.lora_";
            tensors.Remove($"{First}A.weight", out var down);
            tensors[$"{First}A.default.weight"] = down!;
            tensors[$"{First}B.weight"] = ones(16, 3);
            SafetensorsWriter.Write(Path.Combine(folder.Path, "adapter_model.safetensors"), tensors);
        }

        var read = TinyModel.Options(adapter: TinyModel.Adapter("lora", new LoraOptions { Checkpoint = folder.Path }));
        Snapshot.Match(Assert.Throws<CheckpointException>(() => TinyModel.Build(read)).Message, "does-not-fit", folder.Path);
    }

    [Theory]
    [InlineData("bias", "\"bias\": \"none\"", "\"bias\": \"all\"")]
    [InlineData("other-method", "\"LORA\"", "\"PREFIX_TUNING\"")]
    [InlineData("rank-no-number", "\"r\": 2", "\"r\": \"two\"")]
    public void AnAdapterConfigThatAsksForWhatIsNotKnownIsRefused(string name, string find, string replacement)
    {
        using var folder = new TempFolder();
        using (var model = TinyModel.Build(TinyModel.Options(adapter: TinyModel.Adapter()))) model.Peft!.Save(folder.Path);
        var file = Path.Combine(folder.Path, "adapter_config.json");
        var text = File.ReadAllText(file);
        Assert.Contains(find, text, StringComparison.Ordinal);
        File.WriteAllText(file, text.Replace(find, replacement, StringComparison.Ordinal));
        var options = TinyModel.Options(adapter: TinyModel.Adapter("lora", new LoraOptions { Checkpoint = folder.Path }));
        Snapshot.Match(Assert.Throws<CheckpointException>(() => TinyModel.Build(options)).Message, name, folder.Path);
    }
}
