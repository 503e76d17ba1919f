using TrainMm.Torch;
using static TorchSharp.torch;

namespace TrainMm.Tests.Torch;

[Collection(ProcessWide.Name)]
public sealed class RandomStateTests
{
    [Fact]
    public void ASeedGivesTheSameNumbers()
    {
        manual_seed(7);
        var first = (randn(5).Bits(), randint(0, 100, [5]).Longs(), randperm(9).Longs(), zeros(3).uniform_(0, 1).Bits());
        manual_seed(7);
        Assert.Equal(first.Item1, randn(5).Bits());
        Assert.Equal(first.Item2, randint(0, 100, [5]).Longs());
        Assert.Equal(first.Item3, randperm(9).Longs());
        Assert.Equal(first.Item4, zeros(3).uniform_(0, 1).Bits());
        Assert.Equal(7, initial_seed());
    }

    [Fact]
    public void ACapturedStateGoesOnBitwise()
    {
        manual_seed(11);
        _ = randn(3);
        var state = RandomState.Capture();
        var expected = randn(100).Bits();
        _ = rand(17);
        var reloaded = new RandomState(state.Cpu.ToArray(), state.Cuda);
        reloaded.Restore();
        Assert.Equal(expected, randn(100).Bits());
    }

    [Fact]
    public void AGeneratorOfOnesOwnLeavesTheOthersAlone()
    {
        manual_seed(3);
        var undisturbed = randn(4).Bits();
        manual_seed(3);
        using var generator = new Generator(42);
        var own = randn(4, generator: generator).Bits();
        Assert.Equal(undisturbed, randn(4).Bits());
        generator.manual_seed(42);
        Assert.Equal(own, zeros(4).normal_(generator: generator).Bits());
        using var state = generator.get_state();
        var next = rand([2], generator: generator).Bits();
        generator.set_state(state);
        Assert.Equal(next, rand([2], generator: generator).Bits());
    }

    [Fact]
    public void InitialValuesHaveTheirBounds()
    {
        manual_seed(1);
        using var weight = zeros(200, 100, requires_grad: true);
        nn.init.xavier_uniform_(weight);
        var bound = Math.Sqrt(6.0 / 300);
        Assert.InRange(weight.abs().max().item<float>(), bound * 0.99, bound);
        nn.init.normal_(weight, 1, 0.5);
        Assert.InRange(weight.mean().item<float>(), 0.98, 1.02);
        Assert.InRange(weight.std().item<float>(), 0.49, 0.51);
        nn.init.constant_(weight, 2);
        Assert.True(weight.eq(2).all().item<bool>());
    }
}
