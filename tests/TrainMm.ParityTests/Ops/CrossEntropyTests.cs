using TrainMm.ParityTests.Golden;
using Xunit.Abstractions;
using static TorchSharp.torch.nn;

namespace TrainMm.ParityTests.Ops;

public sealed class CrossEntropyTests(ITestOutputHelper output)
{
    [GoldenTheory("ops")]
    public void EqualsTheReference(string name)
    {
        using var ops = new OpsCase(name, output);
        foreach (var variant in ops.Under("out.ce."))
        {
            var logits = ops.Leaf("in.ce.logits");
            var reduction = variant == "sum" ? Reduction.Sum : Reduction.Mean;
            var smoothing = variant.StartsWith("smooth", StringComparison.Ordinal) ? OpsCase.Number(variant, "smooth") : 0;
            var loss = functional.cross_entropy(logits, ops["in.ce.labels"], reduction: reduction, label_smoothing: smoothing);
            ops.Compare($"ce.{variant}", loss);
            loss.backward();
            ops.CompareGradient($"ce.{variant}", logits);
        }
    }
}
