using TorchSharp;
using TrainMm.Torch.Interop;

namespace TrainMm.Torch;

public static partial class Foreach
{
    public static partial void AddInPlace(IReadOnlyList<torch.Tensor> targets, IReadOnlyList<torch.Tensor> values, double alpha)
    {
        if (targets.Count > 0) Aten.ForeachAddListInPlace.Run(Array(targets), Array(values), alpha);
    }

    public static partial void AddInPlace(IReadOnlyList<torch.Tensor> targets, double value)
    {
        if (targets.Count > 0) Aten.ForeachAddScalarInPlace.Run(Array(targets), value);
    }

    public static partial void MultiplyInPlace(IReadOnlyList<torch.Tensor> targets, double factor)
    {
        if (targets.Count > 0) Aten.ForeachMulScalarInPlace.Run(Array(targets), factor);
    }

    public static partial void AddProductInPlace(
        IReadOnlyList<torch.Tensor> targets, IReadOnlyList<torch.Tensor> left, IReadOnlyList<torch.Tensor> right, double factor)
    {
        if (targets.Count > 0) Aten.ForeachAddcmulScalarInPlace.Run(Array(targets), Array(left), Array(right), factor);
    }

    public static partial void AddQuotientInPlace(
        IReadOnlyList<torch.Tensor> targets, IReadOnlyList<torch.Tensor> numerators, IReadOnlyList<torch.Tensor> denominators, double factor)
    {
        if (targets.Count > 0) Aten.ForeachAddcdivScalarInPlace.Run(Array(targets), Array(numerators), Array(denominators), factor);
    }

    public static partial torch.Tensor[] SquareRoot(IReadOnlyList<torch.Tensor> tensors) =>
        tensors.Count > 0 ? Aten.ForeachSqrt.CallList(Array(tensors)) : [];

    public static partial torch.Tensor[] Norm(IReadOnlyList<torch.Tensor> tensors) =>
        tensors.Count > 0 ? Aten.ForeachNormScalar.CallList(Array(tensors), 2.0) : [];

    private static torch.Tensor[] Array(IReadOnlyList<torch.Tensor> tensors) => tensors as torch.Tensor[] ?? [.. tensors];
}
