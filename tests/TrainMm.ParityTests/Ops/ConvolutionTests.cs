using TrainMm.ParityTests.Golden;
using Xunit.Abstractions;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace TrainMm.ParityTests.Ops;

public sealed class ConvolutionTests(ITestOutputHelper output)
{
    [GoldenTheory("ops")]
    public void InOneDimensionEqualsTheReference(string name)
    {
        using var ops = new OpsCase(name, output);
        foreach (var variant in ops.Under("out.conv1d."))
        {
            var (x, weight) = (ops.Leaf("in.conv1d.x"), ops.Leaf("in.conv1d.w"));
            var y = functional.conv1d(x, weight, padding: (long)OpsCase.Number(variant, "p"), groups: (long)OpsCase.Number(variant, "g"));
            ops.Compare($"conv1d.{variant}", y);
            y.mul(ops["in.conv1d.cot"]).sum().backward();
            ops.CompareGradient("conv1d.x", x);
            ops.CompareGradient("conv1d.w", weight);
        }
    }

    [GoldenTheory("ops")]
    public void InTwoDimensionsEqualsTheReference(string name)
    {
        using var ops = new OpsCase(name, output);
        foreach (var variant in ops.Under("out.conv2d."))
        {
            var (x, weight, bias) = (ops.Leaf("in.conv2d.x"), ops.Leaf("in.conv2d.w"), ops.Leaf("in.conv2d.b"));
            var (stride, padding) = ((long)OpsCase.Number(variant, "s"), (long)OpsCase.Number(variant, "p"));
            var y = functional.conv2d(x, weight, bias, [stride, stride], [padding, padding]);
            ops.Compare($"conv2d.{variant}", y);
            y.mul(ops["in.conv2d.cot"]).sum().backward();
            ops.CompareGradient("conv2d.x", x);
            ops.CompareGradient("conv2d.w", weight);
            ops.CompareGradient("conv2d.b", bias);
        }
    }

    [GoldenTheory("ops")]
    public void ResamplingEqualsTheReference(string name)
    {
        using var ops = new OpsCase(name, output);
        foreach (var variant in ops.Under("out.interp."))
        {
            var size = ops[$"out.interp.{variant}"].shape[2..];
            var parts = variant.Split('.', '_');
            var mode = Enum.Parse<InterpolationMode>(parts[0], ignoreCase: true);
            bool? corners = parts[1].StartsWith("ac", StringComparison.Ordinal) ? OpsCase.Number(parts[1], "ac") != 0 : null;
            ops.Compare($"interp.{variant}", functional.interpolate(ops["in.conv2d.x"], size, mode: mode, align_corners: corners));
        }
    }
}
