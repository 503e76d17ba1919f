using TrainMm.Models.Layers;
using TrainMm.ParityTests.Golden;
using Xunit.Abstractions;

namespace TrainMm.ParityTests.Ops;

public sealed class ActivationTests(ITestOutputHelper output)
{
    [GoldenTheory("ops")]
    public void EqualTheReference(string name)
    {
        using var ops = new OpsCase(name, output);
        var names = ops.Variants("act.");
        Assert.NotEmpty(names);
        foreach (var activation in names)
        {
            var x = ops.Leaf("in.act.x");
            var y = Activation.Of(activation)(x);
            ops.Compare($"act.{activation}", y);
            y.sum().backward();
            ops.CompareGradient($"act.{activation}", x);
        }
    }
}
