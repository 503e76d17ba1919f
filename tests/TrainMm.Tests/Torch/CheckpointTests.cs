using System.Runtime.InteropServices;
using TorchSharp;
using TrainMm.Torch;
using static TorchSharp.torch;

namespace TrainMm.Tests.Torch;

[Collection(ProcessWide.Name)]
public sealed class CheckpointTests
{
    private const int Layers = 4;

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void GradientsAreBitwiseThoseWithoutIt(bool inputNeedsGradient)
    {
        using var scope = NewDisposeScope();
        manual_seed(1);
        var weights = Enumerable.Range(0, Layers).Select(_ => randn(32, 32, requires_grad: true)).ToArray();
        var input = randn(16, 32, requires_grad: inputNeedsGradient);
        var plain = Gradients(weights, input, (layer, x) => layer(x));
        var checkpointed = Gradients(weights, input, (layer, x) => ActivationCheckpoint.Run(layer, x));
        Assert.Equal(Layers + (inputNeedsGradient ? 1 : 0), plain.Count);
        Assert.Equal(plain, checkpointed);
    }

    [Fact]
    public void TheSecondRunDrawsTheSameNumbers()
    {
        using var scope = NewDisposeScope();
        var weight = ones(1000, requires_grad: true);
        manual_seed(5);
        var output = ActivationCheckpoint.Run(x => nn.functional.dropout(x * weight), ones(1000));
        var drawnAfter = rand(4).Floats();
        output.sum().backward();
        Assert.Equal(output.Floats(), weight.grad!.Floats());
        manual_seed(5);
        _ = nn.functional.dropout(ones(1000));
        Assert.Equal(rand(4).Floats(), drawnAfter);
    }

    [Fact]
    public void AutocastIsThatOfTheFirstRun()
    {
        using var scope = NewDisposeScope();
        var weight = randn(8, 8, requires_grad: true);
        var types = new List<ScalarType>();
        Tensor output;
        using (Autocast.Enter(DeviceType.CPU))
        {
            output = ActivationCheckpoint.Run(
                x =>
                {
                    var y = nn.functional.linear(x, weight);
                    types.Add(y.dtype);
                    return y;
                },
                randn(2, 8));
        }

        output.sum().backward();
        Assert.Equal([ScalarType.BFloat16, ScalarType.BFloat16], types);
        Assert.Equal(ScalarType.Float32, weight.grad!.dtype);
    }

    [Fact]
    public void AnExceptionInTheSecondRunSurfaces()
    {
        using var scope = NewDisposeScope();
        var runs = 0;
        var output = ActivationCheckpoint.Run(
            x => runs++ == 0 ? x * 2 : throw new InvalidOperationException("the disk is gone"), ones(1, requires_grad: true));
        var problem = Assert.Throws<ExternalException>(() => output.sum().backward());
        Assert.Contains("the disk is gone", problem.Message, StringComparison.Ordinal);
        Assert.True(is_grad_enabled());
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void ASegmentMayHandItsInputThrough(bool asView)
    {
        using var scope = NewDisposeScope();
        var input = ones([2, 3], requires_grad: true);
        var output = ActivationCheckpoint.Run(x => asView ? x.view(6) : x, input);
        (output * 3).sum().backward();
        Assert.Equal([3f, 3f, 3f, 3f, 3f, 3f], input.grad!.Floats());
        Assert.Equal([1f, 1f, 1f, 1f, 1f, 1f], input.Floats());
    }

    [Fact]
    public void SegmentsNest()
    {
        using var scope = NewDisposeScope();
        var weight = full([1], 3.0, requires_grad: true);
        var output = ActivationCheckpoint.Run(x => ActivationCheckpoint.Run(y => y * weight, x) * weight, full([1], 2.0));
        output.sum().backward();
        Assert.Equal([12f], weight.grad!.Floats());
    }

    [Fact]
    public void WithoutGradientsItOnlyRuns()
    {
        using var guard = no_grad();
        Assert.Equal([2f], ActivationCheckpoint.Run(x => x * 2, ones(1)).Floats());
    }

    private static List<byte[]> Gradients(Tensor[] weights, Tensor input, Func<Func<Tensor, Tensor>, Tensor, Tensor> run)
    {
        using var scope = NewDisposeScope();
        var hidden = input;
        foreach (var weight in weights) hidden = run(x => nn.functional.silu(nn.functional.linear(x, weight)), hidden);
        hidden.mean().backward();
        var gradients = new List<byte[]>();
        foreach (var leaf in weights.Append(input).Where(leaf => leaf.requires_grad))
        {
            gradients.Add(leaf.grad!.Bits());
            leaf.grad = null;
        }

        return gradients;
    }
}
