using TrainMm.Core.Roles;
using TrainMm.Models;
using static TorchSharp.torch;

namespace TrainMm.Tests.Models.Generators;

/// <summary>What training asks of every generator, whatever it makes.</summary>
public sealed class GeneratorContractTests
{
    /// <summary>Two numbers of float32 that were summed in another order.</summary>
    private const double Rounding = 1e-5;

    public static TheoryData<string> Kinds => TinyGenerator.Kinds;

    public static TheoryData<string, string> Samplers => new()
    {
        { "stable_diffusion", "sampler: pndm" }, { "stable_diffusion", "sampler: ddim, eta: 0.5" }, { "stable_diffusion", "sampler: dpm_solver" },
        { "zeroscope", "sampler: ddim, eta: 0.5" }, { "zeroscope", "sampler: dpm_solver" }, { "audioldm2", "sampler: ddim" },
    };

    [Theory]
    [MemberData(nameof(Kinds))]
    public void TheLossGivesTheConditionAGradientAndNoParameter(string kind)
    {
        using var scope = NewDisposeScope();
        using var generator = TinyGenerator.Create(kind);
        var before = FrozenHash.Of(generator.Module);
        var condition = generator.Condition(TinyGenerator.Captions(kind)).detach().requires_grad_();
        Assert.Equal([2, generator.Conditioning.Tokens, generator.Conditioning.Width], condition.shape);
        var loss = generator.Loss(condition, generator.Encode(TinyGenerator.Media(kind)), [11, 12]);
        Assert.Equal([2L], loss.shape);
        loss.sum().backward();
        Assert.True(condition.grad!.pow(2).sum([1, 2]).gt(0).all().item<bool>());
        Assert.All(generator.Module.named_parameters(), pair => Assert.True(!pair.parameter.requires_grad && pair.parameter.grad is null, pair.name));
        Assert.Equal(before, FrozenHash.Of(generator.Module));
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void TheGradientIsTheLosssSlope(string kind)
    {
        using var scope = NewDisposeScope();
        using var generator = TinyGenerator.Create(kind, dtype: ScalarType.Float64);
        var (condition, encoded) = (generator.Condition(TinyGenerator.Captions(kind)).detach().requires_grad_(), generator.Encode(TinyGenerator.Media(kind)));
        generator.Loss(condition, encoded, [11, 12]).sum().backward();
        var length = condition.grad!.pow(2).sum().sqrt();
        var direction = condition.grad.div(length);
        const double Step = 1e-2;
        var slope = (At(Step) - At(-Step)) / (2 * Step);
        Assert.True(Math.Abs(slope - length.item<double>()) < 2e-2 * length.item<double>(), $"the slope is {slope}, the gradient's length {length.item<double>()}"); // the loss itself is float32

        double At(double step) => generator.Loss(condition.detach().add(direction.mul(step)), encoded, [11, 12]).sum().item<float>();
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void ASamplesLossDependsOnItsKeyAlone(string kind)
    {
        using var scope = NewDisposeScope();
        using var generator = TinyGenerator.Create(kind);
        var (condition, encoded) = (generator.Condition(TinyGenerator.Captions(kind)), generator.Encode(TinyGenerator.Media(kind)));
        var together = Losses(condition, encoded, 5, 6);
        Assert.Equal(together, Losses(condition, encoded, 5, 6));
        for (var i = 0; i < 2; i++) Assert.Equal(together[i], Losses(condition.narrow(0, i, 1), encoded.narrow(0, i, 1), 5 + i)[0], Rounding);
        Assert.NotEqual(together[0], Losses(condition, encoded, 8, 6)[0]);
        Assert.Contains("2 keys", Assert.Throws<ArgumentException>(() => Losses(condition.narrow(0, 0, 1), encoded.narrow(0, 0, 1), 1, 2)).Message, StringComparison.Ordinal);

        float[] Losses(Tensor conditions, Tensor media, params long[] keys) => generator.Loss(conditions, media, keys).data<float>().ToArray();
    }

    [Theory]
    [MemberData(nameof(Samplers))]
    public void ASeedGivesTheSameTwiceWhateverStandsBesideIt(string kind, string sampler)
    {
        using var scope = NewDisposeScope();
        using var generator = TinyGenerator.Create(kind, sampler);
        var condition = generator.Condition(TinyGenerator.Captions(kind));
        var request = new SampleRequest(condition, [3, 4], Steps: 2, GuidanceScale: 5, condition.narrow(0, 1, 1));
        var made = generator.Sample(request);
        Assert.Equal(generator.Target is VocoderMelSpec ? ScalarType.Float32 : ScalarType.Byte, made.dtype);
        Assert.True(made.to_type(ScalarType.Float32).std().item<float>() > 0);
        Assert.True(made.equal(generator.Sample(request)).item<bool>());
        var alone = generator.Sample(request with { Condition = condition.narrow(0, 1, 1), Seeds = [4] });
        var apart = alone.to_type(ScalarType.Float64).sub(made.narrow(0, 1, 1).to_type(ScalarType.Float64)).abs().max().item<double>();
        Assert.InRange(apart, 0, made.dtype == ScalarType.Byte ? 1 : Rounding); // rounding to a byte may fall to either side
        Assert.False(made.equal(generator.Sample(request with { Seeds = [5, 6] })).item<bool>());
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void GuidanceByOneIsTheConditionAloneAndByZeroTheNegative(string kind)
    {
        using var scope = NewDisposeScope();
        using var generator = TinyGenerator.Create(kind);
        var both = generator.Condition(TinyGenerator.Captions(kind));
        var (condition, negative) = (both.narrow(0, 0, 1), both.narrow(0, 1, 1));
        var request = new SampleRequest(condition, [3], Steps: 2, GuidanceScale: 0, negative);
        Assert.True(generator.Sample(request).equal(generator.Sample(new(negative, [3], Steps: 2, GuidanceScale: 1))).item<bool>());
        Assert.Contains("needs a negative condition", Assert.Throws<ArgumentException>(() => generator.Sample(request with { Negative = null })).Message, StringComparison.Ordinal);
        Assert.Contains("1 conditions and 2 seeds", Assert.Throws<ArgumentException>(() => generator.Sample(request with { Seeds = [1, 2] })).Message, StringComparison.Ordinal);
    }
}
