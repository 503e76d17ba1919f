using TrainMm.ParityTests.Golden;
using TrainMm.Training.Optimisation;
using Xunit.Abstractions;
using static TorchSharp.torch;

namespace TrainMm.ParityTests.Training;

/// <summary>Trajectories of PyTorch's and transformers' optimisers on given gradients. What the case's names do not say of the settings is said in its README.</summary>
public sealed class OptimizerTests(ITestOutputHelper output)
{
    // The reference's norms are fp32 sums in another order.
    private const double NormTolerance = 1e-6;
    private const double WeightDecay = 0.1;
    private const double Momentum = 0.9;

    [GoldenTheory("optimizers")]
    public void TrajectoriesEqualTheReference(string name)
    {
        var golden = GoldenCases.All.Single(each => each.Name == name);
        using var io = new GoldenTensors(golden);
        using var report = new ParityReport(golden, output);
        var followed = io.Under("out.").Where(each => each.EndsWith(".lrs", StringComparison.Ordinal)).Select(each => each[..^".lrs".Length]).ToArray();
        Assert.NotEmpty(followed);
        foreach (var trajectory in followed) Follow(io, report, trajectory);
    }

    /// <summary>The learning rates are the reference's own, so the optimiser's rate is 1 and the factor is the rate.</summary>
    private static IOptimizer Make(string trajectory, OptimizerContext context) => trajectory switch
    {
        "adamw" => new AdamW(new AdamWOptions { LearningRate = 1, WeightDecay = WeightDecay, DecayVectors = true }, context),
        "adamw_b95_clip1" => new AdamW(new AdamWOptions { LearningRate = 1, Betas = [0.9, 0.95] }, context),
        "adamw_groups_cosine" => new AdamW(new AdamWOptions { LearningRate = 1, WeightDecay = WeightDecay }, context),
        "sgd_mom" => new Sgd(new SgdOptions { LearningRate = 1, Momentum = Momentum }, context),
        "adafactor" => new Adafactor(new AdafactorOptions { LearningRate = 1 }, context),
        _ => throw new InvalidOperationException($"No test takes the trajectory '{trajectory}' yet."),
    };

    private static void Follow(GoldenTensors io, ParityReport report, string trajectory)
    {
        using var scope = NewDisposeScope();
        var parameters = io.Under("in.p.").Select(each => new TrainedParameter(each, io[$"in.p.{each}"].requires_grad_())).ToList();
        using var optimizer = Make(trajectory, new OptimizerContext(parameters));
        var rates = io[$"out.{trajectory}.lrs"].data<float>().ToArray();
        for (var step = 0; step < rates.Length; step++)
        {
            foreach (var parameter in parameters) parameter.Value.grad = io[$"in.g{step}.{parameter.Name}"];
            if (io.Optional($"out.{trajectory}.grad_norms") is { } norms)
            {
                var norm = Gradients.Norm(parameters);
                Assert.Equal(1, norm / norms.data<float>().ToArray()[step], NormTolerance);
                Gradients.Clip(parameters, norm, maximum: 1);
            }

            optimizer.Step(rates[step]);
            optimizer.ZeroGradients();
            Assert.All(parameters, parameter => Assert.Null(parameter.Value.grad));
            foreach (var parameter in parameters) report.Compare(trajectory, $"step {step + 1} of {parameter.Name}", parameter.Value, io[$"out.{trajectory}.step{step + 1}.{parameter.Name}"]);
        }
    }
}
