using TorchSharp;
using TrainMm.Core.Config;

namespace TrainMm.Training.Optimisation;

/// <summary>Options of Adafactor.</summary>
public sealed class AdafactorOptions : OptimizerOptions
{
    /// <summary>Added to the squared gradient.</summary>
    [AtLeast(0)]
    public double Eps { get; init; } = 1e-30;

    /// <summary>Largest root mean square of an update, before the learning rate.</summary>
    [Above(0)]
    public double ClipThreshold { get; init; } = 1;

    /// <summary>How fast the second moment's memory grows: at step t it keeps 1 − t^−decay_power.</summary>
    [Above(0)]
    public double DecayPower { get; init; } = 0.8;

    /// <summary>Decay rate of a first moment; 0 keeps none.</summary>
    [Range(0, 1, ExcludesMaximum = true)]
    public double Beta1 { get; init; }

    /// <summary>Whether the learning rate is multiplied by each parameter's root mean square (at least 1e-3).</summary>
    public bool ScaleParameter { get; init; }
}

/// <summary>
/// Adafactor (arXiv:1804.04235, algorithms 4 and 5) with a learning rate from outside: for matrices the second moment is kept as row and column means only.
/// As in Hugging Face transformers with <c>relative_step=False</c>.
/// </summary>
public sealed class Adafactor : IOptimizer
{
    private const string Row = "exp_avg_sq_row";
    private const string Column = "exp_avg_sq_col";
    private const string SecondMoment = "exp_avg_sq";
    private const string FirstMoment = "exp_avg";
    private const double SmallestScale = 1e-3;
    private readonly AdafactorOptions options;
    private readonly OptimizerState state;

    /// <summary>Starts with moments of zero.</summary>
    /// <param name="options">Rates.</param>
    /// <param name="context">The parameters.</param>
    /// <exception cref="Core.Diagnostics.ConfigurationException">A group names no parameter.</exception>
    public Adafactor(AdafactorOptions options, OptimizerContext context)
    {
        this.options = options;
        Groups = ParameterGroup.Deal(options, context.Parameters);
        state = new OptimizerState(Groups, ShapeOf);
    }

    /// <inheritdoc/>
    public IReadOnlyList<ParameterGroup> Groups { get; }

    /// <inheritdoc/>
    public void Step(double factor)
    {
        using var guard = torch.no_grad();
        foreach (var group in Groups)
        {
            foreach (var parameter in group.Parameters.Where(parameter => parameter.Value.grad is not null)) Step(parameter, group.LearningRate * factor, group.WeightDecay);
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

    private static bool IsFactored(TrainedParameter parameter) => parameter.Value.dim() >= 2;

    private static double RootMeanSquare(torch.Tensor tensor) => tensor.norm().item<float>() / Math.Sqrt(tensor.numel());

    private static long[]? ShapeOf(string slot, TrainedParameter parameter)
    {
        var shape = parameter.Value.shape;
        return slot switch
        {
            Row when IsFactored(parameter) => shape[..^1],
            Column when IsFactored(parameter) => [.. shape[..^2], shape[^1]],
            SecondMoment when !IsFactored(parameter) => shape,
            FirstMoment => shape,
            _ => null,
        };
    }

    private void Step(TrainedParameter parameter, double learningRate, double weightDecay)
    {
        using var scope = torch.NewDisposeScope();
        var (value, gradient) = (parameter.Value, parameter.Value.grad!);
        var kept = 1 - Math.Pow(state.Advance(parameter), -options.DecayPower);
        var rate = options.ScaleParameter ? learningRate * Math.Max(SmallestScale, RootMeanSquare(value)) : learningRate;
        var update = Scale(parameter, (gradient * gradient) + options.Eps, kept) * gradient;
        update = update * (rate / Math.Max(1, RootMeanSquare(update) / options.ClipThreshold));
        if (options.Beta1 > 0) update = state.Slot(FirstMoment, parameter).mul_(options.Beta1).add_(update, 1 - options.Beta1);
        if (weightDecay != 0) value.mul_(1 - (weightDecay * rate));
        value.sub_(update);
    }

    /// <summary>1/√ of the second moment, after the squared gradient went into it.</summary>
    private torch.Tensor Scale(TrainedParameter parameter, torch.Tensor squared, double kept)
    {
        if (!IsFactored(parameter)) return state.Slot(SecondMoment, parameter).mul_(kept).add_(squared, 1 - kept).rsqrt();
        var row = state.Slot(Row, parameter).mul_(kept).add_(squared.mean([-1]), 1 - kept);
        var column = state.Slot(Column, parameter).mul_(kept).add_(squared.mean([-2]), 1 - kept);
        var rowScale = (row / row.mean([-1], keepdim: true)).rsqrt().unsqueeze(-1);
        return rowScale * column.unsqueeze(-2).rsqrt();
    }
}
