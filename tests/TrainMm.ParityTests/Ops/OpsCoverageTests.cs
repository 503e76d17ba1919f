using TrainMm.ParityTests.Golden;
using Xunit.Abstractions;

namespace TrainMm.ParityTests.Ops;

/// <summary>Nothing that a reference gave is left uncompared without being named here.</summary>
public sealed class OpsCoverageTests(ITestOutputHelper output)
{
    private static readonly string[] Compared = ["act", "ce", "conv1d", "conv2d", "interp", "attn", "rope", "layernorm", "rmsnorm", "groupnorm"];

    /// <summary>What no part of the models computes yet: T5's relative positions.</summary>
    private static readonly string[] Later = ["t5"];

    private static bool IsLater(string variant) => Array.Exists(Later, group => variant.StartsWith(group, StringComparison.Ordinal));

    [GoldenTheory("ops")]
    public void EveryGroupHasATest(string name)
    {
        using var ops = new OpsCase(name, output);
        var outputs = ops.Under("out.");
        foreach (var later in Later.Where(later => outputs.Any(each => each.StartsWith(later, StringComparison.Ordinal)))) output.WriteLine($"{name}: {later} is not compared yet");
        Assert.DoesNotContain(outputs, each => !IsLater(each) && !Array.Exists(Compared, group => each.StartsWith(group, StringComparison.Ordinal)));
    }
}
