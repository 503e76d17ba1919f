using TrainMm.Training.Optimisation;
using static TorchSharp.torch;

namespace TrainMm.Tests.Training;

/// <summary>Keeps the gradients in the place of a step; zeros where there is none.</summary>
internal sealed class CollectingOptimizer(IReadOnlyList<TrainedParameter> parameters) : IOptimizer
{
    public List<Tensor> Gradients { get; } = [];

    public IReadOnlyList<ParameterGroup> Groups { get; } = [new ParameterGroup(0, 0, parameters)];

    public void Step(double factor) => Gradients.AddRange(parameters.Select(parameter => (parameter.Value.grad ?? zeros_like(parameter.Value)).detach().to_type(ScalarType.Float64)));

    public void ZeroGradients()
    {
        foreach (var parameter in parameters) parameter.Value.grad = null;
    }

    public IReadOnlyDictionary<string, Tensor> State() => new Dictionary<string, Tensor>(StringComparer.Ordinal);

    public void Load(IReadOnlyDictionary<string, Tensor> state)
    {
    }

    public void Dispose()
    {
    }
}
