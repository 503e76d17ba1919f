using TrainMm.Tests.Models;
using TrainMm.Training.Objectives;
using static TorchSharp.torch;

namespace TrainMm.Tests.Training.Objectives;

public sealed class NextTokenTests
{
    // fp32: p − t is made in another order of operations than libtorch's two backward operators have.
    private const double Tolerance = 1e-6;

    /// <summary>A frozen head takes one pass, a trained one two; both are the cross-entropy's definition, whatever the chunk.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(100)]
    public void LossAndGradientAreTheCrossEntropys(int chunk)
    {
        using var scope = NewDisposeScope();
        foreach (var trained in new[] { "image.input_projector", "language_model.lm_head" })
        {
            using var model = TinyModel.Build(TinyModel.Options(), trained);
            var targets = tensor(new long[] { 3, 0, 39, 7, 7, 21, 12 });
            var states = linspace(-2, 2, 7 * 16).view(7, 16);
            var expected = Of(states, hidden => nn.functional.cross_entropy(model.LanguageModel.Logits(hidden), targets, reduction: nn.Reduction.Sum).mul(0.5));
            var actual = Of(states, hidden => NextToken.Sum(model, hidden, targets, chunk).mul(0.5));
            Assert.Equal(1, actual.Loss / expected.Loss, Tolerance);
            Assert.True(actual.Gradient.sub(expected.Gradient).abs().max().item<float>() <= Tolerance * expected.Gradient.abs().max().item<float>());
            var head = model.LanguageModel.Module.named_parameters().Single(pair => pair.name == "lm_head.weight").parameter;
            Assert.Equal(trained != "image.input_projector", head.grad is not null);
        }
    }

    private static (double Loss, Tensor Gradient) Of(Tensor states, Func<Tensor, Tensor> loss)
    {
        var leaf = states.clone().requires_grad_();
        var value = loss(leaf);
        value.backward();
        return (value.item<float>(), leaf.grad!);
    }
}
