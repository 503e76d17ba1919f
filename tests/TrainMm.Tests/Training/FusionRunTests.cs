using TrainMm.Core.Diagnostics;
using TrainMm.Core.Weights;
using TrainMm.Tests.Torch;

namespace TrainMm.Tests.Training;

/// <summary>Both stages with a fusion that acts within the layers.</summary>
[Collection(ProcessWide.Name)]
public sealed class FusionRunTests : IDisposable
{
    private readonly TinyRun run = new();

    public void Dispose() => run.Dispose();

    [Theory]
    [InlineData("{ kind: gated_cross_attention, every_layers: 2, heads: 2, head_width: 8 }", "gated_cross_attn_layers.1.attn_gate")]
    [InlineData("{ kind: visual_expert }", "model.layers.0.self_attn.q_proj.weight")]
    [InlineData("{ kind: llama_adapter, prompts: 4, layers: 2 }", "layers.1.attention.gate")]
    public void BothStagesRunAndGoOnAfterAnInterruption(string fusion, string parameter)
    {
        string[] settings = [$"model.fusion={fusion}", "train.max_steps=4", "evaluation.manifests=[]", "evaluation.every_steps=4"];
        Assert.Equal(ExitCode.Done, run.Train("pretrain", settings: settings).ExitCode);
        run.Train("whole", "sft.yaml", settings: settings);
        Assert.Equal(ExitCode.Preempted, run.Train("interrupted", "sft.yaml", stopAfter: 3, settings: settings).ExitCode);
        run.Train("interrupted", "sft.yaml", settings: settings);
        Assert.Equal(run.Final("whole"), run.Final("interrupted"));
        Assert.Contains("trained.safetensors", run.Final("whole").Keys);
        using var file = SafetensorsFile.Open(run.Path("runs/whole/final/trained.safetensors"));
        Assert.Contains($"fusion.{parameter}", file.Entries.Keys);
        Assert.All(file.Entries.Keys, name => Assert.StartsWith("fusion.", name, StringComparison.Ordinal));
        run.Train("still", "sft.yaml", settings: [.. settings, "optimizer.learning_rate=0"]);
        Assert.Equal(run.Final("pretrain")["trained.safetensors"], run.Final("still")["trained.safetensors"]);
        Assert.NotEqual(run.Final("pretrain")["trained.safetensors"], run.Final("whole")["trained.safetensors"]);
    }
}
