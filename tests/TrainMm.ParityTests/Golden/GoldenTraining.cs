using TorchSharp.Modules;
using static TorchSharp.torch;

namespace TrainMm.ParityTests.Golden;

/// <summary>Compares loss, gradients, and the optimiser steps (three as a rule) on the same batch with what the reference recorded.</summary>
internal static class GoldenTraining
{
    /// <summary>Runs the steps.</summary>
    /// <param name="io">The case's tensors.</param>
    /// <param name="prefix">Before the recorded names: empty, <c>stage1.</c>, …</param>
    /// <param name="report">Takes the errors.</param>
    /// <param name="parameters">The reference's name → our parameter, for every parameter with a recorded gradient.</param>
    /// <param name="loss">Computes the loss with a graph.</param>
    public static void Compare(GoldenTensors io, string prefix, ParityReport report, IReadOnlyDictionary<string, Parameter> parameters, Func<Tensor> loss)
    {
        using var scope = NewDisposeScope();
        var gradients = parameters.Keys.ToDictionary(name => name, name => io[$"{prefix}grad.{name}"], StringComparer.Ordinal);
        var optimiser = new ReferenceAdamW([.. parameters.Values]);
        var expected = io[$"{prefix}train.losses"]; // before each step and after the last
        var losses = new float[expected.shape[0]];
        var steps = losses.Length - 1;
        for (var step = 0; step <= steps; step++)
        {
            using var value = loss();
            losses[step] = value.item<float>();
            if (step == steps) break;
            value.backward();
            if (step == 0)
            {
                report.CompareGradients(parameters.ToDictionary(pair => pair.Key, pair => pair.Value.grad!, StringComparer.Ordinal), gradients);
                report.Compare("grad", "grad_norm", tensor(optimiser.GradientNorm()), io[$"{prefix}train.grad_norm"]);
            }

            optimiser.Step();
        }

        report.Compare("train", "losses", tensor(losses), expected);
        foreach (var (name, parameter) in parameters) report.CompareUpdated(name, parameter, io[$"{prefix}adamw3.{name}"], gradients[name]);
    }

    /// <summary>Mean cross-entropy over shifted labels, −100 left out, as Hugging Face's models compute it.</summary>
    public static Tensor CausalLoss(Tensor logits, Tensor labels)
    {
        var width = logits.shape[2];
        var shifted = logits.narrow(1, 0, logits.shape[1] - 1).reshape(-1, width);
        var targets = labels.narrow(1, 1, labels.shape[1] - 1).reshape(-1);
        return nn.functional.cross_entropy(shifted, targets, ignore_index: -100);
    }
}
