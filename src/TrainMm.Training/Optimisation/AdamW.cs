using TorchSharp;
using TrainMm.Core.Config;
using TrainMm.Torch;

namespace TrainMm.Training.Optimisation;

/// <summary>Options of AdamW.</summary>
public sealed class AdamWOptions : OptimizerOptions, IValidatable
{
    /// <summary>Decay rates of the two moments.</summary>
    [Range(0, 1, ExcludesMaximum = true)]
    public IReadOnlyList<double> Betas { get; init; } = [0.9, 0.999];

    /// <summary>Added to the root of the second moment.</summary>
    [AtLeast(0)]
    public double Eps { get; init; } = 1e-8;

    /// <inheritdoc/>
    public void Validate(OptionChecks checks)
    {
        if (Betas.Count != 2) checks.Error(nameof(Betas), $"has {Betas.Count} numbers, expected 2");
    }
}

/// <summary>Adam with decoupled weight decay (arXiv:1711.05101, algorithm 2), in PyTorch's order of operations.</summary>
public sealed class AdamW : IOptimizer
{
    private const string FirstMoment = "exp_avg";
    private const string SecondMoment = "exp_avg_sq";
    private readonly AdamWOptions options;
    private readonly OptimizerState state;

    /// <summary>Starts with moments of zero.</summary>
    /// <param name="options">Rates.</param>
    /// <param name="context">The parameters.</param>
    /// <exception cref="Core.Diagnostics.ConfigurationException">A group names no parameter.</exception>
    public AdamW(AdamWOptions options, OptimizerContext context)
    {
        this.options = options;
        Groups = ParameterGroup.Deal(options, context.Parameters);
        state = new OptimizerState(Groups, (slot, parameter) => slot is FirstMoment or SecondMoment ? parameter.Value.shape : null);
    }

    /// <inheritdoc/>
    public IReadOnlyList<ParameterGroup> Groups { get; }

    /// <inheritdoc/>
    public void Step(double factor)
    {
        using var scope = torch.NewDisposeScope();
        using var guard = torch.no_grad();
        foreach (var group in Groups)
        {
            var withGradient = group.Parameters.Where(parameter => parameter.Value.grad is not null);
            foreach (var sameAge in withGradient.GroupBy(state.Advance)) Step([.. sameAge], sameAge.Key, group.LearningRate * factor, group.WeightDecay);
        }
    }

    /// <inheritdoc/>
    public void ZeroGradients() => Gradients.Clear(Groups);

    /// <inheritdoc/>
    public IReadOnlyDictionary<string, torch.Tensor> State() => state.Tensors();

    /// <inheritdoc/>
    public void Load(IReadOnlyDictionary<string, torch.Tensor> state) => this.state.Load(state);

    /// <inheritdoc/>
    public void Dispose() => state.Dispose();

    private void Step(TrainedParameter[] parameters, long age, double learningRate, double weightDecay)
    {
        var (beta1, beta2) = (options.Betas[0], options.Betas[1]);
        torch.Tensor[] values = [.. parameters.Select(parameter => parameter.Value)];
        torch.Tensor[] gradients = [.. parameters.Select(parameter => parameter.Value.grad!)];
        torch.Tensor[] first = [.. parameters.Select(parameter => state.Slot(FirstMoment, parameter))];
        torch.Tensor[] second = [.. parameters.Select(parameter => state.Slot(SecondMoment, parameter))];

        if (weightDecay != 0) Foreach.MultiplyInPlace(values, 1 - (learningRate * weightDecay));
        Foreach.MultiplyInPlace(first, beta1);
        Foreach.AddInPlace(first, gradients, 1 - beta1);
        Foreach.MultiplyInPlace(second, beta2);
        Foreach.AddProductInPlace(second, gradients, gradients, 1 - beta2);
        var denominators = Foreach.SquareRoot(second);
        Foreach.MultiplyInPlace(denominators, 1 / Math.Sqrt(1 - Math.Pow(beta2, age)));
        Foreach.AddInPlace(denominators, options.Eps);
        Foreach.AddQuotientInPlace(values, first, denominators, -learningRate / (1 - Math.Pow(beta1, age)));
    }
}
