using TorchSharp;

namespace TrainMm.Training.Optimisation;

/// <summary>A first-order optimiser over fp32 masters. Its state is tensors by name, so that a checkpoint needs to know nothing of the method.</summary>
public interface IOptimizer : IDisposable
{
    /// <summary>The parameter groups, the user's first and the rest last; none is empty.</summary>
    IReadOnlyList<ParameterGroup> Groups { get; }

    /// <summary>Changes every parameter that has a gradient; the others stay as they are, with their state.</summary>
    /// <param name="factor">The schedule's factor on each group's learning rate.</param>
    void Step(double factor);

    /// <summary>Removes all gradients.</summary>
    void ZeroGradients();

    /// <summary>The state: <c>slot.parameter</c> → tensor. The tensors are the optimiser's own.</summary>
    IReadOnlyDictionary<string, torch.Tensor> State();

    /// <summary>Takes over a state that <see cref="State"/> gave.</summary>
    /// <param name="state">The state; its tensors are copied.</param>
    /// <exception cref="Core.Diagnostics.CheckpointException">A tensor is unknown or of another shape.</exception>
    void Load(IReadOnlyDictionary<string, torch.Tensor> state);
}

/// <summary>A parameter that is trained.</summary>
/// <param name="Name">Its path in the model.</param>
/// <param name="Value">The fp32 master; a leaf that requires a gradient.</param>
/// <param name="IsAdapter">Whether an adapter has added it to the language model.</param>
public sealed record TrainedParameter(string Name, torch.Tensor Value, bool IsAdapter = false);

/// <summary>What an optimiser is built over.</summary>
/// <param name="Parameters">All trained parameters, in the model's order.</param>
public sealed record OptimizerContext(IReadOnlyList<TrainedParameter> Parameters);
