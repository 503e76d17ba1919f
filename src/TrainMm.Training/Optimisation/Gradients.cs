using TorchSharp;
using TrainMm.Torch;

namespace TrainMm.Training.Optimisation;

/// <summary>What is done to all gradients at once.</summary>
public static class Gradients
{
    private const double Epsilon = 1e-6;

    /// <summary>The L2 norm over all gradients together.</summary>
    /// <param name="parameters">The parameters; those without a gradient count as 0.</param>
    public static double Norm(IEnumerable<TrainedParameter> parameters)
    {
        using var scope = torch.NewDisposeScope();
        using var guard = torch.no_grad();
        torch.Tensor[] gradients = [.. parameters.Select(parameter => parameter.Value.grad).OfType<torch.Tensor>()];
        if (gradients.Length == 0) return 0;
        return torch.stack(Foreach.Norm(gradients)).norm().item<float>();
    }

    /// <summary>Scales all gradients by max / (norm + 1e-6) where that is below 1 (PyTorch's <c>clip_grad_norm_</c>).</summary>
    /// <param name="parameters">The parameters.</param>
    /// <param name="norm">What <see cref="Norm"/> gave.</param>
    /// <param name="maximum">The largest norm that stays as it is.</param>
    public static void Clip(IEnumerable<TrainedParameter> parameters, double norm, double maximum)
    {
        var coefficient = maximum / (norm + Epsilon);
        if (coefficient >= 1) return;
        using var guard = torch.no_grad();
        Foreach.MultiplyInPlace([.. parameters.Select(parameter => parameter.Value.grad).OfType<torch.Tensor>()], coefficient);
    }

    /// <summary>The first parameter that is not finite, or else the first whose gradient is not, as text for a message; null where all are finite.</summary>
    /// <param name="parameters">The parameters, in the model's order.</param>
    internal static string? FirstNonFinite(IReadOnlyList<TrainedParameter> parameters)
    {
        using var guard = torch.no_grad();
        return parameters.FirstOrDefault(parameter => !IsFinite(parameter.Value)) is { } broken ? broken.Name
            : parameters.FirstOrDefault(parameter => parameter.Value.grad is { } gradient && !IsFinite(gradient)) is { } first ? $"the gradient of {first.Name}" : null;
    }

    private static bool IsFinite(torch.Tensor tensor)
    {
        using var scope = torch.NewDisposeScope();
        return tensor.isfinite().all().item<bool>();
    }

    /// <summary>Removes the gradients, so that the next backward pass begins with none.</summary>
    internal static void Clear(IEnumerable<ParameterGroup> groups)
    {
        foreach (var parameter in groups.SelectMany(group => group.Parameters)) parameter.Value.grad = null;
    }
}
