namespace TrainMm.Torch.Interop;

internal static partial class Aten
{
    internal static readonly Operator Addmm = new("aten::addmm");
    internal static readonly Operator Addmv = new("aten::addmv");
    internal static readonly Operator Baddbmm = new("aten::baddbmm");
    internal static readonly Operator Bmm = new("aten::bmm");
    internal static readonly Operator Det = new("aten::det");
    internal static readonly Operator Dist = new("aten::dist");
    internal static readonly Operator Dot = new("aten::dot");
    internal static readonly Operator Inverse = new("aten::inverse");
    internal static readonly Operator Kron = new("aten::kron");
    internal static readonly Operator Matmul = new("aten::matmul");
    internal static readonly Operator Mm = new("aten::mm");
    internal static readonly Operator Mv = new("aten::mv");
    internal static readonly Operator Outer = new("aten::outer");
    internal static readonly Operator Tensordot = new("aten::tensordot");
    internal static readonly Operator Trace = new("aten::trace");
}
