using TorchSharp;

namespace TrainMm.Torch;

public static partial class Foreach
{
    public static partial void AddInPlace(IReadOnlyList<torch.Tensor> targets, IReadOnlyList<torch.Tensor> values, double alpha)
    {
        for (var i = 0; i < targets.Count; i++) targets[i].add_(values[i], alpha);
    }

    public static partial void AddInPlace(IReadOnlyList<torch.Tensor> targets, double value)
    {
        foreach (var target in targets) target.add_(value);
    }

    public static partial void MultiplyInPlace(IReadOnlyList<torch.Tensor> targets, double factor)
    {
        foreach (var target in targets) target.mul_(factor);
    }

    public static partial void AddProductInPlace(
        IReadOnlyList<torch.Tensor> targets, IReadOnlyList<torch.Tensor> left, IReadOnlyList<torch.Tensor> right, double factor)
    {
        for (var i = 0; i < targets.Count; i++) targets[i].addcmul_(left[i], right[i], factor);
    }

    public static partial void AddQuotientInPlace(
        IReadOnlyList<torch.Tensor> targets, IReadOnlyList<torch.Tensor> numerators, IReadOnlyList<torch.Tensor> denominators, double factor)
    {
        for (var i = 0; i < targets.Count; i++) targets[i].addcdiv_(numerators[i], denominators[i], factor);
    }

    public static partial torch.Tensor[] SquareRoot(IReadOnlyList<torch.Tensor> tensors) => [.. tensors.Select(tensor => tensor.sqrt())];

    public static partial torch.Tensor[] Norm(IReadOnlyList<torch.Tensor> tensors) => [.. tensors.Select(tensor => tensor.norm())];
}
