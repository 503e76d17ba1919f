using TorchSharp;
using TrainMm.Core.Config;
using TrainMm.Core.Diagnostics;
using TrainMm.Models;

namespace TrainMm.Training.Optimisation;

/// <summary>Options of adaptive gradient clipping.</summary>
public sealed class AdaptiveClippingOptions
{
    /// <summary>λ, the largest ratio of a unit's gradient to its weights.</summary>
    [Above(0)]
    public double Threshold { get; init; } = 0.01;

    /// <summary>ε, the least that a unit's weights are counted as: those that begin at zero could not grow otherwise.</summary>
    [Above(0)]
    public double Eps { get; init; } = 1e-3;

    /// <summary>Parameters that are left as they are, as the paper leaves the last layer; written as those in trainable.</summary>
    public IReadOnlyList<string> Except { get; init; } = [];
}

/// <summary>
/// Adaptive gradient clipping (arXiv:2102.06171, equation 3): where ‖g‖ / max(‖w‖, ε) is above λ, g is scaled down until it is λ. Norms are taken unit by unit: a
/// matrix's rows, a convolution's output channels; vectors and numbers are one unit.
/// </summary>
public sealed class AdaptiveClipping
{
    /// <summary>Keeps the quotient of norms finite where a gradient is zero.</summary>
    private const double SmallestNorm = 1e-6;

    private readonly AdaptiveClippingOptions options;
    private readonly TrainedParameter[] clipped;

    /// <summary>Finds the parameters that are clipped.</summary>
    /// <param name="options">λ and ε.</param>
    /// <param name="parameters">All trained parameters.</param>
    /// <exception cref="ConfigurationException">A pattern names none of them.</exception>
    public AdaptiveClipping(AdaptiveClippingOptions options, IReadOnlyList<TrainedParameter> parameters)
    {
        this.options = options;
        ParameterPattern[] excepted = [.. options.Except.Select(pattern => new ParameterPattern(pattern))];
        for (var i = 0; i < excepted.Length; i++)
        {
            if (!parameters.Any(parameter => excepted[i].Matches(parameter.Name)))
                throw OptionSource.Error(options, nameof(options.Except), $"'{options.Except[i]}' matches no trained parameter");
        }

        clipped = [.. parameters.Where(parameter => !excepted.Any(pattern => pattern.Matches(parameter.Name)))];
    }

    /// <summary>Clips the gradients in place; parameters without one are passed over.</summary>
    public void Clip()
    {
        using var guard = torch.no_grad();
        foreach (var parameter in clipped)
        {
            if (parameter.Value.grad is not { } gradient) continue;
            using var scope = torch.NewDisposeScope();
            var largest = UnitNorms(parameter.Value).clamp_min(options.Eps).mul(options.Threshold);
            gradient.mul_(largest.div(UnitNorms(gradient).clamp_min(SmallestNorm)).clamp_max(1));
        }
    }

    /// <summary>[units, ...] → [units, 1, ...]; of a vector or a number, one norm.</summary>
    private static torch.Tensor UnitNorms(torch.Tensor tensor)
    {
        long[] inside = [.. Enumerable.Range(1, (int)Math.Max(0, tensor.Dimensions - 1)).Select(dimension => (long)dimension)];
        var squares = tensor.square();
        return (inside.Length == 0 ? squares.sum() : squares.sum(inside, keepdim: true)).sqrt();
    }
}
