using TorchSharp.Modules;
using TrainMm.Core.Weights;
using TrainMm.Models;
using TrainMm.Models.Encoders.Vision;
using TrainMm.Models.Layers;
using TrainMm.ParityTests.Golden;
using static TorchSharp.torch;

namespace TrainMm.ParityTests.Models;

/// <summary>A case's vision tower: the whole of it, every parameter with a gradient.</summary>
internal sealed class GoldenTower : IDisposable
{
    public GoldenTower(GoldenCase golden, IVisionArchitecture sizes, bool pools = true)
    {
        var scope = new ModuleScope("image.encoder", ScalarType.Float32, CPU, new TrainablePaths(["image.encoder"]));
        var extent = new TowerExtent(sizes.Layers, Norm: true, Pool: pools && sizes.PooledWidth > 0);
        Tower = sizes.Build(extent, sizes.Prefix.Length == 0 ? scope : scope.Child(sizes.Prefix));
        Parameters = scope.Parameters;
        using var source = WeightSource.Open(golden.Folder);
        WeightLoader.Load(scope.Parameters, source, [.. sizes.Layouts(extent)]);
    }

    public IVisionTower Tower { get; }

    /// <summary>By the official name.</summary>
    public IReadOnlyDictionary<string, Parameter> Parameters { get; }

    /// <summary>Compares each layer's output that the reference gave.</summary>
    /// <returns>The last layer's output.</returns>
    public Tensor CompareLayers(GoldenTensors io, ParityReport report, Tensor pixels, Func<int, string?> nameOf)
    {
        var seen = new List<Tensor>();
        var last = Tower.Forward(pixels, (_, state) => seen.Add(state));
        for (var i = 0; i < seen.Count; i++)
        {
            if (nameOf(i) is { } name) report.Compare("out", name, seen[i], io[$"out.{name}"]);
        }

        return last;
    }

    /// <summary>Compares the gradients of a scalar with all those that the reference gave.</summary>
    public void CompareGradients(GoldenTensors io, ParityReport report, Tensor scalar, string prefix = "")
    {
        scalar.backward();
        var expected = io.Under("grad.").ToDictionary(name => name, name => io[$"grad.{name}"], StringComparer.Ordinal);
        report.CompareGradients(expected.Keys.ToDictionary(name => name, name => Parameters[prefix + name].grad!, StringComparer.Ordinal), expected);
    }

    public void Dispose() => Tower.Module.Dispose();
}
