using TrainMm.ParityTests.Golden;
using Xunit.Abstractions;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace TrainMm.ParityTests.Ops;

public sealed class NormTests(ITestOutputHelper output)
{
    [GoldenTheory("ops")]
    public void EqualTheReference(string name)
    {
        using var ops = new OpsCase(name, output);
        var norms = ops.Under("out.").Where(each => each.Contains("norm", StringComparison.Ordinal)).ToList();
        Assert.NotEmpty(norms);
        foreach (var norm in norms)
        {
            Tensor[] leaves = [ops.Leaf("in.norm.x"), ops.Leaf("in.norm.w"), ops.Leaf("in.norm.b")];
            var y = Apply(norm, leaves[0], leaves[1], leaves[2]);
            ops.Compare(norm, y);
            y.mul(ops["in.norm.cot"]).sum().backward();
            foreach (var place in ops.Under($"grad.{norm}.")) ops.CompareGradient($"{norm}.{place}", leaves[int.Parse(place)]);
        }
    }

    private static Tensor Apply(string norm, Tensor x, Tensor weight, Tensor bias)
    {
        var epsilon = OpsCase.Number(norm, "eps");
        var kind = norm[..norm.IndexOf("norm", StringComparison.Ordinal)];
        return kind switch
        {
            "layer" => functional.layer_norm(x, [x.shape[^1]], weight, bias, epsilon),
            "rms" => x.mul(x.pow(2).mean([-1], keepdim: true).add(epsilon).rsqrt()).mul(weight),
            "group" => functional.group_norm(x.transpose(1, 2), (long)OpsCase.Number(norm, "groupnorm"), weight, bias, epsilon).transpose(1, 2),
            _ => throw new InvalidDataException($"no norm '{kind}' is known"),
        };
    }
}
