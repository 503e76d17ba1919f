using System.Globalization;
using System.Text.RegularExpressions;
using TrainMm.ParityTests.Golden;
using TrainMm.Training.Optimisation.Schedules;
using Xunit.Abstractions;
using static TorchSharp.torch;

namespace TrainMm.ParityTests.Training;

/// <summary>The learning rates of transformers' schedules: <c>out.lr.cosine_w4_t40</c> is a cosine with 4 steps of warm-up in a run of 40.</summary>
public sealed class ScheduleTests(ITestOutputHelper output)
{
    /// <summary>The base rate of every schedule of the case, as its README says.</summary>
    private const double BaseRate = 2e-3;

    /// <summary>Where the case's polynomial ends; the reference takes a rate, here it is a share.</summary>
    private const double PolynomialEnd = 1e-5;

    [GoldenTheory("optimizers")]
    public void RatesEqualTheReference(string name)
    {
        var golden = GoldenCases.All.Single(each => each.Name == name);
        using var scope = NewDisposeScope();
        using var io = new GoldenTensors(golden);
        using var report = new ParityReport(golden, output);
        var schedules = io.Under("out.lr.");
        Assert.NotEmpty(schedules);
        foreach (var each in schedules)
        {
            var expected = io[$"out.lr.{each}"];
            var schedule = Make(each);
            var rates = Enumerable.Range(0, (int)expected.shape[0]).Select(step => (float)(BaseRate * schedule.FactorAt(step))).ToArray();
            report.Compare("lr", each, tensor(rates), expected);
        }
    }

    private static ILearningRateSchedule Make(string name)
    {
        var steps = Number(name, @"_w(?<number>\d+)(?:_|$)");
        var ratio = Number(name, @"_w(?<number>[\d.]+)ratio");
        var context = new ScheduleContext((long)(Number(name, @"_t(?<number>\d+)") ?? 0));
        var warmup = (Steps: (long?)steps, Ratio: ratio ?? 0);
        return name.Split("_w")[0] switch
        {
            "constant" => new ConstantSchedule(new ConstantOptions { WarmupSteps = warmup.Steps, WarmupRatio = warmup.Ratio }, context),
            "linear" => new LinearSchedule(new LinearOptions { WarmupSteps = warmup.Steps, WarmupRatio = warmup.Ratio }, context),
            "cosine" => new CosineSchedule(new CosineOptions { WarmupSteps = warmup.Steps, WarmupRatio = warmup.Ratio }, context),
            "inverse_sqrt" => new InverseSquareRootSchedule(new InverseSquareRootOptions { WarmupSteps = warmup.Steps, WarmupRatio = warmup.Ratio }, context),
            "polynomial" => new PolynomialSchedule(
                new PolynomialOptions { WarmupSteps = warmup.Steps, WarmupRatio = warmup.Ratio, Power = Number(name, @"_p(?<number>[\d.]+)") ?? 1, MinRatio = PolynomialEnd / BaseRate }, context),
            var kind => throw new InvalidOperationException($"No test takes the schedule '{kind}' yet."),
        };
    }

    private static double? Number(string name, string pattern)
    {
        var match = Regex.Match(name, pattern, RegexOptions.ExplicitCapture, TimeSpan.FromSeconds(1));
        return match.Success ? double.Parse(match.Groups["number"].Value, CultureInfo.InvariantCulture) : null;
    }
}
