using TrainMm.Core.Weights;
using TrainMm.Models;
using TrainMm.Models.Peft.Lora;
using TrainMm.ParityTests.Golden;
using Xunit.Abstractions;
using static TorchSharp.torch;

namespace TrainMm.ParityTests.Models;

public sealed class PeftTests(ITestOutputHelper output)
{
    [GoldenTheory("peft")]
    public void EqualsTheReference(string name)
    {
        var golden = GoldenCases.All.Single(each => each.Name == name);
        using var scope = NewDisposeScope();
        using var io = new GoldenTensors(golden);
        using var report = new ParityReport(golden, output);
        var trained = new TrainablePaths([TrainablePaths.Adapter]);
        using var peft = GoldenLanguageModel.Adapter(golden, trained);
        using var built = new GoldenLanguageModel(golden, trained, peft);
        var (ids, mask, labels, positions) = (io["in.input_ids"], io["in.attention_mask"], io["in.labels"], io.Optional("in.position_ids"));

        report.Compare("out", "logits", built.Logits(ids, mask, positions), io["out.logits"], mask);
        report.Compare("out", "loss", GoldenTraining.CausalLoss(built.Logits(ids, mask, positions), labels), io["out.loss"]);
        var weights = built.Model.Module.named_parameters().ToDictionary(pair => pair.name, pair => pair.parameter, StringComparer.Ordinal);
        AssertSavedAsPeftSaves(golden, peft);
        GoldenTraining.Compare(
            io,
            "",
            report,
            io.Under("grad.").ToDictionary(each => each, each => weights[each[AdapterConfigFile.NamePrefix.Length..]], StringComparer.Ordinal),
            () => GoldenTraining.CausalLoss(built.Logits(ids, mask, positions), labels));
        Assert.Equal(io.Under("grad.").Count, weights.Values.Count(parameter => parameter.requires_grad));
        CompareMerged(golden, io, report);
        io.AssertAllCompared();
    }

    /// <summary>On a model of its own: taking a delta out again leaves rounding behind.</summary>
    private static void CompareMerged(GoldenCase golden, GoldenTensors io, ParityReport report)
    {
        var nothing = new TrainablePaths([]);
        using var peft = GoldenLanguageModel.Adapter(golden, nothing);
        using var built = new GoldenLanguageModel(golden, nothing, peft);
        peft.Merge();
        var mask = io["in.attention_mask"];
        report.Compare("merged", "logits", built.Logits(io["in.input_ids"], mask, io.Optional("in.position_ids")), io["out.logits_merged"], mask);
        var weights = built.Model.Module.named_parameters().ToDictionary(pair => pair.name, pair => pair.parameter, StringComparer.Ordinal);
        foreach (var weight in io.Under("out.merged.")) report.Compare("merged", weight, weights[weight], io[$"out.merged.{weight}"]);
    }

    /// <summary>Our files hold PEFT's tensors under PEFT's names, and PEFT's fields.</summary>
    private static void AssertSavedAsPeftSaves(GoldenCase golden, TrainMm.Core.Roles.IPeftMethod peft)
    {
        var folder = Directory.CreateTempSubdirectory("trainmm-parity-").FullName;
        try
        {
            peft.Save(folder);
            using var ours = SafetensorsFile.Open(Path.Combine(folder, AdapterConfigFile.WeightsName));
            using var theirs = SafetensorsFile.Open(golden.Path(AdapterConfigFile.WeightsName));
            Assert.Equal(theirs.Entries.Keys.Order(StringComparer.Ordinal), ours.Entries.Keys.Order(StringComparer.Ordinal));
            foreach (var name in theirs.Entries.Keys) Assert.True(ours.Read(name).allclose(theirs.Read(name), 0, 0), name);
            var (config, reference) = (HuggingFaceConfig.Open(folder, AdapterConfigFile.Name), HuggingFaceConfig.Open(golden.Folder, AdapterConfigFile.Name));
            Assert.Equal(reference.Keys.Order(StringComparer.Ordinal), config.Keys.Order(StringComparer.Ordinal));
            Assert.Equal(reference.Texts("target_modules").Order(StringComparer.Ordinal), config.Texts("target_modules").Order(StringComparer.Ordinal));
            Assert.Equal(AdapterConfigFile.Read(golden.Folder, AdapterConfigFile.Lora).AlphaPattern, AdapterConfigFile.Read(folder, AdapterConfigFile.Lora).AlphaPattern);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}
