using TorchSharp;
using TrainMm.Core.Weights;
using TrainMm.Training.Optimisation;
using TrainMm.Training.Optimisation.Schedules;
using Xunit.Abstractions;

namespace TrainMm.ParityTests;

/// <summary>Optimiser trajectories and learning rates of PyTorch and transformers, on given gradients.</summary>
public sealed class OptimizerParityTests(ITestOutputHelper output)
{
    // Six fp32 steps: a handful of roundings each, in PyTorch's order.
    private const double TrajectoryTolerance = 2e-6;

    // The golden file keeps learning rates in fp32.
    private const double RateTolerance = 1e-7;
    private const int Steps = 6;
    private const double BaseRate = 2e-3;
    private static readonly string[] Names = ["a", "b", "c"];

    public static TheoryData<string> Cases => GoldenCases.OfKind("optimizers");

    [Theory]
    [MemberData(nameof(Cases))]
    public void TrajectoriesAreThoseOfTheReference(string folder)
    {
        using var golden = SafetensorsFile.Open(Path.Combine(GoldenCases.Root, folder, "io.safetensors"));
        Follow(golden, "adamw", context => new AdamW(new AdamWOptions { LearningRate = 1e-2, WeightDecay = 0.1, DecayVectors = true }, context), _ => 1);
        Follow(golden, "adamw_b95_clip1", context => new AdamW(new AdamWOptions { LearningRate = 1e-2, Betas = [0.9, 0.95] }, context), _ => 1, maximum: 1);
        var cosine = new CosineSchedule(new CosineOptions { WarmupSteps = 2 }, new ScheduleContext(Steps));
        Follow(golden, "adamw_groups_cosine", context => new AdamW(new AdamWOptions { LearningRate = 1e-2, WeightDecay = 0.1 }, context), cosine.FactorAt);
        Follow(golden, "sgd_mom", context => new Sgd(new SgdOptions { LearningRate = 0.1, Momentum = 0.9 }, context), _ => 1);
        Follow(golden, "adafactor", context => new Adafactor(new AdafactorOptions { LearningRate = 1e-2 }, context), _ => 1);
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void LearningRatesAreThoseOfTheReference(string folder)
    {
        using var golden = SafetensorsFile.Open(Path.Combine(GoldenCases.Root, folder, "io.safetensors"));
        var run = new ScheduleContext(40);
        Check("constant_w4", new ConstantSchedule(new ConstantOptions { WarmupSteps = 4 }, run));
        Check("linear_w4_t40", new LinearSchedule(new LinearOptions { WarmupSteps = 4 }, run));
        Check("cosine_w4_t40", new CosineSchedule(new CosineOptions { WarmupSteps = 4 }, run));
        Check("cosine_w0.03ratio_t40", new CosineSchedule(new CosineOptions { WarmupRatio = 0.03 }, run));
        Check("inverse_sqrt_w4", new InverseSquareRootSchedule(new InverseSquareRootOptions { WarmupSteps = 4 }, run));

        // The reference ends at 1e-7 where nothing else is said; here the end is a share of the rate.
        Check("polynomial_w4_t40_p2", new PolynomialSchedule(new PolynomialOptions { WarmupSteps = 4, Power = 2, MinRatio = 1e-7 / BaseRate }, run));

        void Check(string name, ILearningRateSchedule schedule)
        {
            using var expected = golden.Read($"out.lr.{name}");
            var rates = expected.data<float>().ToArray();
            var worst = rates.Select((rate, step) => Math.Abs(rate - (BaseRate * schedule.FactorAt(step))) / BaseRate).Max();
            output.WriteLine($"{name}: {worst:e1}");
            Assert.True(worst <= RateTolerance, $"{name} is off by {worst:e2} of the base rate.");
        }
    }

    private void Follow(SafetensorsFile golden, string name, Func<OptimizerContext, IOptimizer> make, Func<long, double> factor, double? maximum = null)
    {
        using var scope = torch.NewDisposeScope();
        var parameters = Names.Select(each => new TrainedParameter(each, golden.Read($"in.p.{each}").requires_grad_())).ToList();
        using var optimizer = make(new OptimizerContext(parameters));
        var worst = 0.0;
        for (var step = 0; step < Steps; step++)
        {
            foreach (var parameter in parameters) parameter.Value.grad = golden.Read($"in.g{step}.{parameter.Name}");
            if (maximum is { } limit)
            {
                var norm = Gradients.Norm(parameters);
                Assert.Equal(golden.Read($"out.{name}.grad_norms").data<float>().ToArray()[step], norm, 1e-5);
                Gradients.Clip(parameters, norm, limit);
            }

            optimizer.Step(factor(step));
            optimizer.ZeroGradients();
            foreach (var parameter in parameters) worst = Math.Max(worst, RelativeError(parameter.Value, golden.Read($"out.{name}.step{step + 1}.{parameter.Name}")));
        }

        output.WriteLine($"{name}: {worst:e1}");
        Assert.True(worst <= TrajectoryTolerance, $"{name} is off by {worst:e2}.");
    }

    private static double RelativeError(torch.Tensor actual, torch.Tensor expected)
    {
        using var guard = torch.no_grad();
        return (actual - expected).norm().item<float>() / expected.norm().item<float>();
    }
}
