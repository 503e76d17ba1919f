using TorchSharp;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace TrainMm.Tests.Torch;

public sealed class FunctionalTests
{
    private const float Tolerance = 1e-5f;

    [Fact]
    public void LinearAndEmbedding()
    {
        var weight = tensor(new float[,] { { 1, 2 }, { 3, 4 }, { 5, 6 } });
        Assert.Equal([5f, 11f, 17f], functional.linear(tensor(new float[,] { { 1, 2 } }), weight).Floats());
        Assert.Equal([6f, 12f, 18f], functional.linear(tensor(new float[,] { { 1, 2 } }), weight, ones(3)).Floats());
        var table = weight.clone().requires_grad_();
        var rows = TrainMm.Torch.Embedding.Lookup(tensor(new long[,] { { 2, 0, 2 } }), table);
        Assert.Equal([1, 3, 2], rows.shape);
        Assert.Equal([5f, 6f, 1f, 2f, 5f, 6f], rows.Floats());
        rows.sum().backward();
        Assert.Equal([1f, 1f, 0f, 0f, 2f, 2f], table.grad!.Floats());
    }

    [Fact]
    public void CrossEntropyKnowsItsVariants()
    {
        var logits = tensor(new float[,] { { 1, 2, 3 }, { 0, 0, 0 }, { 5, 1, 1 } });
        var target = tensor(new long[] { 2, 0, -100 });
        var first = MathF.Log(MathF.Exp(1) + MathF.Exp(2) + MathF.Exp(3)) - 3;
        var second = MathF.Log(3);
        Assert.Equal((first + second) / 2, functional.cross_entropy(logits, target).item<float>(), Tolerance);
        Assert.Equal(first + second, functional.cross_entropy(logits, target, reduction: Reduction.Sum).item<float>(), Tolerance);
        Assert.Equal([first, second, 0f], functional.cross_entropy(logits, target, reduction: Reduction.None).Floats().Select(value => value), Near);
        var smoothed = (0.9f * first) + (0.1f * (((first + 2) + (first + 1) + first) / 3));
        Assert.Equal(smoothed, functional.cross_entropy(logits[..1], target[..1], label_smoothing: 0.1).item<float>(), Tolerance);
        Assert.Equal((first + second) / 2, functional.nll_loss(functional.log_softmax(logits, 1), target).item<float>(), Tolerance);
    }

    [Fact]
    public void NormalisationsHaveMeanZeroAndScale()
    {
        var x = tensor(new float[,] { { 1, 2, 3, 6 } });
        var normal = (x - 3) / MathF.Sqrt(3.5f);
        Assert.True(functional.layer_norm(x, [4], eps: 0).allclose(normal, atol: 1e-6));
        Assert.True(functional.layer_norm(x, [4], full([4], 2.0), ones(4), 0).allclose((normal * 2) + 1, atol: 1e-6));
        Assert.True(functional.group_norm(x.unsqueeze(-1), 1, eps: 0).squeeze(-1).allclose(normal, atol: 1e-6));
        Assert.Equal([0.6f, 0.8f], functional.normalize(tensor(new float[,] { { 3, 4 } })).Floats());
    }

    [Fact]
    public void ActivationsMatchTheirFormulas()
    {
        var x = linspace(-3, 3, 13);
        Assert.True(functional.silu(x).allclose(x * x.sigmoid()));
        Assert.True(functional.gelu(x).allclose(x * 0.5 * (1 + (x / Math.Sqrt(2)).erf()), atol: 1e-6));
        var tanhForm = x * 0.5 * (1 + (Math.Sqrt(2 / Math.PI) * (x + (0.044715 * x.pow(3)))).tanh());
        Assert.True(functional.gelu(x, TorchSharp.Modules.GELU.Approximate.tanh).allclose(tanhForm, atol: 1e-6));
        Assert.True(functional.mish(x).allclose(x * (1 + x.exp()).log().tanh(), atol: 1e-6));
        Assert.True(functional.relu(x).allclose(x.clamp_min(0)));
        Assert.True(functional.softmax(x, 0).allclose(x.exp() / x.exp().sum()));
        Assert.True(functional.log_softmax(x, 0).allclose(x - x.logsumexp(0)));
    }

    [Fact]
    public void ConvolutionsSlideTheirKernel()
    {
        var image = arange(16).reshape(1, 1, 4, 4).to(float32);
        var kernel = ones(1, 1, 2, 2);
        Assert.Equal([10f, 18f, 42f, 50f], functional.conv2d(image, kernel, strides: [2, 2]).Floats());
        Assert.Equal([1, 1, 5, 5], functional.conv2d(image, kernel, padding: [1, 1]).shape);
        Assert.Equal([3f, 5f], functional.conv1d(tensor(new float[,,] { { { 1, 2, 3 } } }), ones(1, 1, 2)).Floats());
        Assert.Equal([1, 1, 3, 3, 3], functional.conv3d(ones([1, 1, 4, 4, 4]), ones([1, 1, 2, 2, 2])).shape);
        Assert.Equal([1f, 3f, 2f], functional.conv_transpose1d(tensor(new float[,,] { { { 1, 2 } } }), ones(1, 1, 2)).Floats());
        Assert.Equal([1, 1, 8, 8], functional.conv_transpose2d(image, kernel, strides: [2, 2]).shape);
        Assert.Equal([2.5f, 4.5f, 10.5f, 12.5f], functional.avg_pool2d(image, 2).Floats());
        Assert.Equal([5f, 7f, 13f, 15f], functional.max_pool2d(image, 2).Floats());
        Assert.Equal([1.5f, 3.5f], functional.avg_pool1d(tensor(new float[,,] { { { 1, 2, 3, 4 } } }), 2).Floats());
    }

    [Fact]
    public void PicturesAreResampled()
    {
        var row = tensor(new float[,,,] { { { { 0, 1 } } } });
        Assert.Equal([0f, 0f, 1f, 1f], functional.interpolate(row, size: [1, 4]).Floats());
        Assert.Equal([0f, 0.25f, 0.75f, 1f], functional.interpolate(row, size: [1, 4], mode: InterpolationMode.Bilinear).Floats());
        Assert.Equal([0f, 1f / 3, 2f / 3, 1f], functional.interpolate(row, size: [1, 4], mode: InterpolationMode.Bilinear, align_corners: true).Floats().Select(x => x), Near);
        Assert.Equal([1, 1, 2, 4], functional.interpolate(row, scale_factor: [2, 2], mode: InterpolationMode.Bicubic).shape);
        Assert.Throws<ArgumentException>(() => functional.interpolate(row));
        Assert.Throws<NotSupportedException>(() => functional.interpolate(row, size: [2, 2], mode: InterpolationMode.Linear));
    }

    [Fact]
    public void Padding()
    {
        var row = tensor(new float[,,] { { { 1, 2, 3 } } });
        Assert.Equal([9f, 1f, 2f, 3f, 9f], functional.pad(row, (1, 1), value: 9).Floats());
        Assert.Equal([2f, 1f, 2f, 3f, 2f], functional.pad(row, (1, 1), PaddingModes.Reflect).Floats());
        Assert.Equal([1f, 1f, 2f, 3f, 3f], functional.pad(row, [1, 1], PaddingModes.Replicate).Floats());
    }

    [Fact]
    public void LossesAndCodes()
    {
        var (x, y) = (tensor(new[] { 1f, 2f }), tensor(new[] { 3f, 2f }));
        Assert.Equal(2f, functional.mse_loss(x, y).item<float>());
        Assert.Equal(1f, functional.l1_loss(x, y).item<float>());
        Assert.Equal([0L, 1L, 0L, 1L, 0L, 0L], functional.one_hot(tensor(new long[] { 1, 0 }), 3).Longs());
        Assert.Equal([1f, 2f], functional.dropout(x, 0.5, training: false).Floats());
    }

    private static bool Near(float expected, float actual) => MathF.Abs(expected - actual) < Tolerance;
}
