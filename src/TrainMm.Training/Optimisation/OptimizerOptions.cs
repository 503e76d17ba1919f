using TrainMm.Core.Config;

namespace TrainMm.Training.Optimisation;

/// <summary>What every optimiser is told.</summary>
public abstract class OptimizerOptions
{
    /// <summary>The learning rate, before the schedule's factor.</summary>
    [AtLeast(0)]
    public double LearningRate { get; init; } = 1e-3;

    /// <summary>Decoupled weight decay.</summary>
    [AtLeast(0)]
    public double WeightDecay { get; init; }

    /// <summary>Whether vectors, which are norms and biases, decay too.</summary>
    public bool DecayVectors { get; init; }

    /// <summary>Parameters with rates of their own; the first group that names a parameter has it.</summary>
    public IReadOnlyList<ParameterGroupOptions> Groups { get; init; } = [];
}

/// <summary>Parameters with a learning rate or decay of their own.</summary>
public sealed class ParameterGroupOptions
{
    /// <summary>Paths of components or parameters, written as those in trainable: <c>*</c> stands for anything, <c>adapter</c> for all that the adapter adds.</summary>
    [NotEmpty]
    public required IReadOnlyList<string> Parameters { get; init; }

    /// <summary>The group's learning rate; the optimiser's where it is not given.</summary>
    [AtLeast(0)]
    public double? LearningRate { get; init; }

    /// <summary>The group's weight decay; the optimiser's where it is not given.</summary>
    [AtLeast(0)]
    public double? WeightDecay { get; init; }

    /// <summary>
    /// What a layer's learning rate is of the next one's, as BEiT's code has it (arXiv:2106.08254): the last layer has this much of the group's rate, what follows the layers all of it,
    /// what comes before them least. A layer is a number in a parameter's path. null: all have one rate.
    /// </summary>
    [Above(0)]
    [Range(0, 1)]
    public double? LayerDecay { get; init; }
}
