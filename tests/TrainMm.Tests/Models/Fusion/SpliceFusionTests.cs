using TrainMm.Models.Fusion.Splice;
using static TorchSharp.torch;

namespace TrainMm.Tests.Models.Fusion;

public sealed class SpliceFusionTests
{
    [Fact]
    public void SoftTokensTakeTheirPlacesAndTextKeepsItsOwn()
    {
        using var scope = NewDisposeScope();
        using var fusion = new SpliceFusion(3);
        var embeddings = arange(2 * 10 * 3, ScalarType.Float32).view(2, 10, 3);
        var fused = fusion.Fuse(embeddings, TinyModel.Batch(), Projected(full([1, 4, 3], -1)));
        Assert.True(fused[0].narrow(0, 2, 4).eq(-1).all().item<bool>());
        Assert.True(fused[0].narrow(0, 0, 2).allclose(embeddings[0].narrow(0, 0, 2), 0, 0));
        Assert.True(fused[0].narrow(0, 6, 4).allclose(embeddings[0].narrow(0, 6, 4), 0, 0));
        Assert.True(fused[1].allclose(embeddings[1], 0, 0));
    }

    [Fact]
    public void TheGradientGoesToTheSoftTokensAndNotToThePlaceholders()
    {
        using var scope = NewDisposeScope();
        using var fusion = new SpliceFusion(3);
        var embeddings = zeros([2, 10, 3], requires_grad: true);
        var tokens = zeros([1, 4, 3], requires_grad: true);
        fusion.Fuse(embeddings, TinyModel.Batch(), Projected(tokens)).sum().backward();
        Assert.True(tokens.grad!.eq(1).all().item<bool>());
        Assert.Equal((20 - 4) * 3, embeddings.grad!.sum().item<float>());
        Assert.Equal(0, embeddings.grad[0].narrow(0, 2, 4).sum().item<float>());
    }

    [Theory]
    [InlineData(1, 3, 3)]
    [InlineData(1, 5, 3)]
    [InlineData(2, 4, 3)]
    [InlineData(1, 4, 2)]
    public void AnotherCountOrWidthIsRefused(int media, int tokens, int width)
    {
        using var scope = NewDisposeScope();
        using var fusion = new SpliceFusion(3);
        var fault = Assert.Throws<InvalidOperationException>(() => fusion.Fuse(zeros(2, 10, 3), TinyModel.Batch(), Projected(zeros(media, tokens, width))));
        Assert.Contains("modality 'image'", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void MediaWithoutAPathAreRefused()
    {
        using var scope = NewDisposeScope();
        using var fusion = new SpliceFusion(3);
        Assert.Throws<InvalidOperationException>(() => fusion.Fuse(zeros(2, 10, 3), TinyModel.Batch(), new Dictionary<string, Tensor>(StringComparer.Ordinal)));
    }

    private static Dictionary<string, Tensor> Projected(Tensor tokens) => new(StringComparer.Ordinal) { ["image"] = tokens };
}
