using TorchSharp.Modules;
using static TorchSharp.torch;

namespace TrainMm.ParityTests.Golden;

/// <summary>AdamW (arXiv:1711.05101) written out, with the settings that every case was made with, so that a case tests the model and not the optimiser.</summary>
/// <param name="parameters">The trained parameters.</param>
internal sealed class ReferenceAdamW(IReadOnlyList<Parameter> parameters)
{
    private const double LearningRate = 1e-3;
    private const double Beta1 = 0.9;
    private const double Beta2 = 0.999;
    private const double Epsilon = 1e-8;
    private const double WeightDecay = 0.01;

    private readonly Tensor[] first = [.. parameters.Select(parameter => zeros(parameter.shape))];
    private readonly Tensor[] second = [.. parameters.Select(parameter => zeros(parameter.shape))];
    private int step;

    /// <summary>The L2 norm over all gradients.</summary>
    public double GradientNorm() => Math.Sqrt(parameters.Sum(parameter => parameter.grad!.to_type(ScalarType.Float64).pow(2).sum().item<double>()));

    /// <summary>One update; gradients are cleared.</summary>
    public void Step()
    {
        using var guard = no_grad();
        step++;
        for (var i = 0; i < parameters.Count; i++)
        {
            var gradient = parameters[i].grad!;
            parameters[i].mul_(1 - (LearningRate * WeightDecay));
            first[i].mul_(Beta1).add_(gradient.mul(1 - Beta1));
            second[i].mul_(Beta2).add_(gradient.mul(gradient).mul(1 - Beta2));
            var scale = second[i].sqrt().div(Math.Sqrt(1 - Math.Pow(Beta2, step))).add(Epsilon);
            parameters[i].sub_(first[i].div(scale).mul(LearningRate / (1 - Math.Pow(Beta1, step))));
            parameters[i].grad = null;
        }
    }
}
