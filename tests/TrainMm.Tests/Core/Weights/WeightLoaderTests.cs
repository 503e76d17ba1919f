using TorchSharp.Modules;
using TrainMm.Core.Diagnostics;
using TrainMm.Core.Weights;
using static TorchSharp.torch;

namespace TrainMm.Tests.Core.Weights;

public sealed class WeightLoaderTests
{
    [Fact]
    public void EveryFaultOfACheckpointIsListedAtOnce()
    {
        using var folder = new TempFolder();
        using var scope = NewDisposeScope();
        var path = Path.Combine(folder.Path, "model.safetensors");
        SafetensorsWriter.Write(path, new Dictionary<string, Tensor>(StringComparer.Ordinal)
        {
            ["model.layers.0.q_proj.weight"] = ones(2, 2),
            ["model.layers.0.k_porj.weight"] = ones(2, 2),
            ["model.extra"] = ones(1),
            ["other.part"] = ones(1),
            ["model.rotary.inv_freq"] = ones(1),
        });
        using var source = WeightSource.Open(path);
        var parameters = Parameters(("layers.0.q_proj.weight", [2, 3]), ("layers.0.k_proj.weight", [2, 2]), ("norm.weight", [2]));
        var layout = new KeyMap("example", [new("model.", "")], [".inv_freq"]);
        Snapshot.Match(Assert.Throws<CheckpointException>(() => WeightLoader.Load(parameters, source, layout)).Message, "all-faults", folder.Path);
    }

    [Fact]
    public void TheLayoutThatFitsIsTaken()
    {
        using var folder = new TempFolder();
        using var scope = NewDisposeScope();
        var path = Path.Combine(folder.Path, "model.safetensors");
        SafetensorsWriter.Write(path, new Dictionary<string, Tensor>(StringComparer.Ordinal)
        {
            ["model.mm_projector.0.weight"] = full([2, 2], 3),
            ["model.mm_projector.2.weight"] = full([2, 2], 5),
            ["model.embed"] = ones(1),
        });
        using var source = WeightSource.Open(path);
        var parameters = Parameters(("linear_1.weight", [2, 2]), ("linear_2.weight", [2, 2]));
        WeightLoader.Load(
            parameters,
            source,
            new KeyMap("one", [new("multi_modal_projector.", "")], []),
            new KeyMap("two", [new("model.mm_projector.0.", "linear_1."), new("model.mm_projector.2.", "linear_2."), new("", null)], []));
        Assert.Equal(3, parameters["linear_1.weight"].mean().item<float>());
        Assert.Equal(5, parameters["linear_2.weight"].mean().item<float>());
    }

    [Fact]
    public void AKeyMapLeadsThereAndBack()
    {
        var map = new KeyMap("example", [new("language_model.lm_head.", null), new("language_model.", ""), new("", null)], [".position_ids"]);
        Assert.Equal("model.norm.weight", map.ToModule("language_model.model.norm.weight"));
        Assert.Null(map.ToModule("language_model.lm_head.weight"));
        Assert.Null(map.ToModule("vision_tower.weight"));
        Assert.Null(map.ToModule("language_model.position_ids"));
        Assert.Equal("language_model.model.norm.weight", map.ToOfficial("model.norm.weight"));
    }

    [Fact]
    public void ParametersKeepTheirType()
    {
        using var folder = new TempFolder();
        using var scope = NewDisposeScope();
        var path = Path.Combine(folder.Path, "model.safetensors");
        SafetensorsWriter.Write(path, new Dictionary<string, Tensor>(StringComparer.Ordinal) { ["w"] = full([2], 1.5) });
        using var source = WeightSource.Open(path);
        var parameter = new Parameter(zeros([2], ScalarType.BFloat16), requires_grad: true);
        WeightLoader.Load(new Dictionary<string, Parameter>(StringComparer.Ordinal) { ["w"] = parameter }, source, KeyMap.Identity);
        Assert.Equal(ScalarType.BFloat16, parameter.dtype);
        Assert.Equal(1.5f, parameter.to_type(ScalarType.Float32)[0].item<float>());
    }

    private static Dictionary<string, Parameter> Parameters(params (string Name, long[] Shape)[] entries) =>
        entries.ToDictionary(entry => entry.Name, entry => new Parameter(zeros(entry.Shape), requires_grad: false), StringComparer.Ordinal);
}
