using TorchSharp;
using TrainMm.Core.Diagnostics;

namespace TrainMm.Training.Optimisation;

/// <summary>
/// An optimiser's tensors: for each parameter the steps it has taken part in, and slots of the method's own (moments). A slot comes into being, as zeros,
/// when its parameter first has a gradient, as in PyTorch.
/// </summary>
internal sealed class OptimizerState : IDisposable
{
    private const string StepSlot = "step";
    private readonly Dictionary<string, long> steps = new(StringComparer.Ordinal);
    private readonly SortedDictionary<string, torch.Tensor> slots = new(StringComparer.Ordinal);
    private readonly IReadOnlyDictionary<string, TrainedParameter> parameters;
    private readonly Func<string, TrainedParameter, long[]?> shapeOf;

    /// <summary>A state without any slots yet.</summary>
    /// <param name="groups">The parameters.</param>
    /// <param name="shapeOf">A slot's shape for a parameter, or null where the method has no such slot.</param>
    public OptimizerState(IEnumerable<ParameterGroup> groups, Func<string, TrainedParameter, long[]?> shapeOf)
    {
        parameters = groups.SelectMany(group => group.Parameters).ToDictionary(parameter => parameter.Name, StringComparer.Ordinal);
        this.shapeOf = shapeOf;
    }

    /// <summary>Counts a step of a parameter.</summary>
    /// <returns>The steps it has taken part in, this one included.</returns>
    public long Advance(TrainedParameter parameter) => steps[parameter.Name] = steps.GetValueOrDefault(parameter.Name) + 1;

    /// <summary>A slot of a parameter.</summary>
    public torch.Tensor Slot(string slot, TrainedParameter parameter)
    {
        var name = $"{slot}.{parameter.Name}";
        if (slots.TryGetValue(name, out var tensor)) return tensor;
        var shape = shapeOf(slot, parameter) ?? throw new ArgumentException($"There is no slot '{slot}' for {parameter.Name}.", nameof(slot));
        tensor = torch.zeros(shape, torch.float32, parameter.Value.device).DetachFromDisposeScope();
        slots.Add(name, tensor);
        return tensor;
    }

    /// <summary>All slots and step counts by name; the step counts are copies.</summary>
    public IReadOnlyDictionary<string, torch.Tensor> Tensors()
    {
        var all = new Dictionary<string, torch.Tensor>(slots, StringComparer.Ordinal);
        foreach (var (name, count) in steps) all.Add($"{StepSlot}.{name}", torch.tensor(count));
        return all;
    }

    /// <summary>Takes over what <see cref="Tensors"/> gave.</summary>
    /// <exception cref="CheckpointException">A tensor is unknown or of another shape.</exception>
    public void Load(IReadOnlyDictionary<string, torch.Tensor> tensors)
    {
        using var guard = torch.no_grad();
        foreach (var (name, tensor) in tensors)
        {
            var dot = name.IndexOf('.', StringComparison.Ordinal);
            var slot = dot < 0 ? name : name[..dot];
            if (dot < 0 || !parameters.TryGetValue(name[(dot + 1)..], out var parameter))
                throw new CheckpointException($"The optimiser state '{name}' belongs to no trained parameter.");
            if (slot == StepSlot)
            {
                steps[parameter.Name] = tensor.item<long>();
                continue;
            }

            if (shapeOf(slot, parameter) is not { } shape) throw new CheckpointException($"The optimiser keeps no state '{name}'.");
            if (!shape.SequenceEqual(tensor.shape))
                throw new CheckpointException($"The optimiser state '{name}' is [{string.Join(", ", tensor.shape)}], expected [{string.Join(", ", shape)}].");
            Slot(slot, parameter).copy_(tensor);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var tensor in slots.Values) tensor.Dispose();
        slots.Clear();
    }
}
