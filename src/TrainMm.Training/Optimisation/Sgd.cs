using TorchSharp;
using TrainMm.Core.Config;
using TrainMm.Torch;

namespace TrainMm.Training.Optimisation;

/// <summary>Options of stochastic gradient descent.</summary>
public sealed class SgdOptions : OptimizerOptions
{
    /// <summary>Share of the last step's direction that is kept.</summary>
    [Range(0, 1, ExcludesMaximum = true)]
    public double Momentum { get; init; }
}

/// <summary>Stochastic gradient descent with heavy-ball momentum, as PyTorch has it: the learning rate is outside the momentum. Weight decay is decoupled.</summary>
public sealed class Sgd : IOptimizer
{
    private const string Momentum = "momentum_buffer";
    private readonly SgdOptions options;
    private readonly OptimizerState state;

    /// <summary>Starts at rest.</summary>
    /// <param name="options">Rates.</param>
    /// <param name="context">The parameters.</param>
    /// <exception cref="Core.Diagnostics.ConfigurationException">A group names no parameter.</exception>
    public Sgd(SgdOptions options, OptimizerContext context)
    {
        this.options = options;
        Groups = ParameterGroup.Deal(options, context.Parameters);
        state = new OptimizerState(Groups, (slot, parameter) => slot == Momentum ? parameter.Value.shape : null);
    }

    /// <inheritdoc/>
    public IReadOnlyList<ParameterGroup> Groups { get; }

    /// <inheritdoc/>
    public void Step(double factor)
    {
        using var scope = torch.NewDisposeScope();
        using var guard = torch.no_grad();
        foreach (var group in Groups) Step([.. group.Parameters.Where(parameter => parameter.Value.grad is not null)], group.LearningRate * factor, group.WeightDecay);
    }

    /// <inheritdoc/>
    public void ZeroGradients() => Gradients.Clear(Groups);

    /// <inheritdoc/>
    public IReadOnlyDictionary<string, torch.Tensor> State() => state.Tensors();

    /// <inheritdoc/>
    public void Load(IReadOnlyDictionary<string, torch.Tensor> state) => this.state.Load(state);

    /// <inheritdoc/>
    public void Dispose() => state.Dispose();

    private void Step(TrainedParameter[] parameters, double learningRate, double weightDecay)
    {
        if (parameters.Length == 0) return;
        torch.Tensor[] values = [.. parameters.Select(parameter => parameter.Value)];
        torch.Tensor[] directions = [.. parameters.Select(parameter => parameter.Value.grad!)];
        if (weightDecay != 0) Foreach.MultiplyInPlace(values, 1 - (learningRate * weightDecay));
        if (options.Momentum != 0)
        {
            torch.Tensor[] momenta = [.. parameters.Select(parameter => state.Slot(Momentum, parameter))];
            Foreach.MultiplyInPlace(momenta, options.Momentum);
            Foreach.AddInPlace(momenta, directions, 1);
            directions = momenta;
        }

        Foreach.AddInPlace(values, directions, -learningRate);
    }
}
