namespace TrainMm.Torch.Interop;

internal static partial class Aten
{
    internal static readonly Operator Detach = new("aten::detach");
    internal static readonly Operator DetachInPlace = new("aten::detach_");
    internal static readonly Operator IndexPutInPlace = new("aten::index_put_");
    internal static readonly Operator IndexTensor = new("aten::index", "Tensor");
    internal static readonly Operator Rsub = new("aten::rsub", "Scalar");
    internal static readonly Operator ScalarTensor = new("aten::scalar_tensor");
}
