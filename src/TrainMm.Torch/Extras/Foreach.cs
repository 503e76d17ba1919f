using TorchSharp;

namespace TrainMm.Torch;

/// <summary>
/// Element-wise operations on many tensors in one call, as PyTorch's optimisers use them; TorchSharp lacks them.
/// Tensors at the same place in their lists belong together. An empty list is no error.
/// </summary>
public static partial class Foreach
{
    /// <summary>target += value · alpha, in place.</summary>
    /// <param name="targets">Changed.</param>
    /// <param name="values">One for each target, of its shape.</param>
    /// <param name="alpha">Factor of the values.</param>
    public static partial void AddInPlace(IReadOnlyList<torch.Tensor> targets, IReadOnlyList<torch.Tensor> values, double alpha);

    /// <summary>target += value, in place.</summary>
    /// <param name="targets">Changed.</param>
    /// <param name="value">Added to each element.</param>
    public static partial void AddInPlace(IReadOnlyList<torch.Tensor> targets, double value);

    /// <summary>target *= factor, in place.</summary>
    /// <param name="targets">Changed.</param>
    /// <param name="factor">The same for all.</param>
    public static partial void MultiplyInPlace(IReadOnlyList<torch.Tensor> targets, double factor);

    /// <summary>target += left · right · factor, in place (addcmul).</summary>
    /// <param name="targets">Changed.</param>
    /// <param name="left">One for each target.</param>
    /// <param name="right">One for each target.</param>
    /// <param name="factor">Factor of the product.</param>
    public static partial void AddProductInPlace(
        IReadOnlyList<torch.Tensor> targets, IReadOnlyList<torch.Tensor> left, IReadOnlyList<torch.Tensor> right, double factor);

    /// <summary>target += numerator / denominator · factor, in place (addcdiv).</summary>
    /// <param name="targets">Changed.</param>
    /// <param name="numerators">One for each target.</param>
    /// <param name="denominators">One for each target.</param>
    /// <param name="factor">Factor of the quotient.</param>
    public static partial void AddQuotientInPlace(
        IReadOnlyList<torch.Tensor> targets, IReadOnlyList<torch.Tensor> numerators, IReadOnlyList<torch.Tensor> denominators, double factor);

    /// <summary>The square roots, as new tensors.</summary>
    /// <param name="tensors">Not changed.</param>
    /// <returns>One for each tensor, of its shape.</returns>
    public static partial torch.Tensor[] SquareRoot(IReadOnlyList<torch.Tensor> tensors);

    /// <summary>The Euclidean norm of each tensor.</summary>
    /// <param name="tensors">Not changed.</param>
    /// <returns>One scalar for each tensor.</returns>
    public static partial torch.Tensor[] Norm(IReadOnlyList<torch.Tensor> tensors);
}
