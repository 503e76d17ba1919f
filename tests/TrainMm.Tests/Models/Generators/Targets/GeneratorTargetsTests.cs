using TrainMm.Core.Kept;
using TrainMm.Core.Roles;
using TrainMm.Models.Generators.Targets;
using static TorchSharp.torch;

namespace TrainMm.Tests.Models.Generators.Targets;

public sealed class GeneratorTargetsTests : IDisposable
{
    private readonly TempFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void EachTargetIsMadeByItselfAndOnce()
    {
        using var scope = NewDisposeScope();
        using var generator = new Doubler();
        using var store = TensorStore.Open(folder.Path, 1 << 20);
        var targets = new GeneratorTargets(generator) { Store = store };
        var captions = arange(6, ScalarType.Int64).view(3, 2);                                                 // [B, Tc]
        Assert.True(targets.Condition(captions).equal(captions.mul(2)).item<bool>());
        Assert.Equal(["1", "1", "1"], generator.Asked);
        var again = captions.index_select(0, tensor([2L, 0, 2, 1]));
        Assert.True(targets.Condition(again).equal(again.mul(2)).item<bool>());
        Assert.Equal(3, generator.Asked.Count);

        // The same numbers as a medium are something else.
        Assert.True(targets.Encode(captions).equal(captions.mul(3)).item<bool>());
        Assert.Equal(6, generator.Asked.Count);
        Assert.Equal((4, 6), (store.Found, store.Added));
    }

    [Fact]
    public void WithoutAStoreEachIsMadeEachTime()
    {
        using var scope = NewDisposeScope();
        using var generator = new Doubler();
        var targets = new GeneratorTargets(generator);
        var captions = arange(4, ScalarType.Int64).view(2, 2);
        for (var i = 0; i < 2; i++) Assert.True(targets.Condition(captions).equal(captions.mul(2)).item<bool>());
        Assert.Equal(["1", "1", "1", "1"], generator.Asked);
    }

    /// <summary>Doubles captions, triples media, and remembers how many it was given at once.</summary>
    private sealed class Doubler : IGenerator
    {
        public List<string> Asked { get; } = [];

        public MediaSpec Target => throw new NotSupportedException();

        public int Rate => throw new NotSupportedException();

        public SamplerSpec Sampler => throw new NotSupportedException();

        public FeatureSpec Conditioning => throw new NotSupportedException();

        public CaptionSpec Captions => throw new NotSupportedException();

        public nn.Module Module => throw new NotSupportedException();

        public Tensor Condition(Tensor captions) => Times(captions, 2);

        public Tensor Encode(Tensor media) => Times(media, 3);

        public Tensor Loss(Tensor condition, Tensor encoded, IReadOnlyList<long> keys) => throw new NotSupportedException();

        public Tensor Sample(SampleRequest request) => throw new NotSupportedException();

        public void Dispose()
        {
            // There is nothing to free.
        }

        private Tensor Times(Tensor inputs, int factor)
        {
            Asked.Add($"{inputs.shape[0]}");
            return inputs.mul(factor);
        }
    }
}
