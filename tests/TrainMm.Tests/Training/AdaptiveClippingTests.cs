using TrainMm.Core.Diagnostics;
using TrainMm.Training.Optimisation;
using static TorchSharp.torch;

namespace TrainMm.Tests.Training;

/// <summary>Equation 3 of arXiv:2102.06171, unit by unit.</summary>
public sealed class AdaptiveClippingTests
{
    [Fact]
    public void ARowsGradientIsAtMostTheThresholdTimesItsWeights()
    {
        using var scope = NewDisposeScope();
        var matrix = Trained("layer.weight", [3, 4, 0, 0, 0.03f, 0.04f], [2, 3], [6, 8, 0, 0.1f, 0, 0]);
        new AdaptiveClipping(new() { Threshold = 0.1, Eps = 0.5 }, [matrix]).Clip();

        // Row 0: ‖w‖ 5, ‖g‖ 10 → 0.5. Row 1: ‖w‖ 0.05 counts as 0.5, ‖g‖ 0.1 → 0.05.
        AssertClose([0.3f, 0.4f, 0, 0.05f, 0, 0], matrix);
    }

    [Fact]
    public void AChannelsGradientIsOneUnitAndSoIsAVectors()
    {
        using var scope = NewDisposeScope();
        var convolution = Trained("conv.weight", [1, 1, 1, 1, 2, 2, 2, 2], [2, 1, 2, 2], [1, 1, 1, 1, 0.1f, 0.1f, 0.1f, 0.1f]);
        var bias = Trained("conv.bias", [3, 4], [2], [3, 4]);
        new AdaptiveClipping(new() { Threshold = 0.1, Eps = 0.5 }, [convolution, bias]).Clip();
        AssertClose([0.1f, 0.1f, 0.1f, 0.1f, 0.1f, 0.1f, 0.1f, 0.1f], convolution); // norms 2 and 4: the first is cut from 2 to 0.2, the second's 0.2 stays
        AssertClose([0.3f, 0.4f], bias);
    }

    [Fact]
    public void WhatIsExceptedAndWhatIsSmallStays()
    {
        using var scope = NewDisposeScope();
        var head = Trained("head.weight", [1, 1], [1, 2], [5, 5]);
        var small = Trained("layer.weight", [1, 1], [1, 2], [0, 0]);
        var none = new TrainedParameter("layer.bias", ones(2));
        new AdaptiveClipping(new() { Threshold = 0.1, Eps = 0.5, Except = ["head.*"] }, [head, small, none]).Clip();
        AssertClose([5, 5], head);
        AssertClose([0, 0], small);
        Assert.Null(none.Value.grad);
    }

    [Fact]
    public void APatternThatMatchesNothingIsAMistake()
    {
        using var scope = NewDisposeScope();
        var error = Assert.Throws<ConfigurationException>(() => new AdaptiveClipping(new() { Except = ["haed.*"] }, [new("head.weight", ones(2))]));
        Assert.Contains("'haed.*' matches no trained parameter", error.Message, StringComparison.Ordinal);
    }

    private static TrainedParameter Trained(string name, float[] values, long[] shape, float[] gradient)
    {
        var value = tensor(values, shape).requires_grad_();
        value.grad = tensor(gradient, shape);
        return new(name, value);
    }

    private static void AssertClose(float[] expected, TrainedParameter parameter)
    {
        var actual = parameter.Value.grad!.data<float>().ToArray();
        for (var i = 0; i < expected.Length; i++) Assert.Equal(expected[i], actual[i], 1e-6f);
    }
}
