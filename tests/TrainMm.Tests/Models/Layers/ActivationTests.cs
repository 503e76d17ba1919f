using TrainMm.Models.Layers;
using static TorchSharp.torch;

namespace TrainMm.Tests.Models.Layers;

public sealed class ActivationTests
{
    /// <summary>A gradient that comes back through a transposition is not contiguous: libtorch 1.13's gradient of GELU is then what the memory held before.</summary>
    [Fact]
    public void EveryGradientIsRightBehindATransposition()
    {
        using var scope = NewDisposeScope();
        var values = linspace(-3, 3, 2 * 32 * 30, ScalarType.Float64).sin().mul(2).view(2, 32, 30);
        var cotangent = linspace(-1, 1, 2 * 32 * 30, ScalarType.Float64).cos().view(2, 30, 32);
        foreach (var name in Activation.Names)
        {
            var expected = Gradient(name, values, cotangent);
            var actual = Gradient(name, values.to_type(ScalarType.Float32), cotangent.to_type(ScalarType.Float32)).to_type(ScalarType.Float64);
            Assert.True(actual.sub(expected).norm().item<double>() <= 1e-5 * expected.norm().item<double>(), name);
        }
    }

    private static Tensor Gradient(string name, Tensor values, Tensor cotangent)
    {
        var x = values.clone();
        x.requires_grad = true;
        Activation.Of(name)(x).transpose(1, 2).mul(cotangent).sum().backward();
        return x.grad!;
    }
}
