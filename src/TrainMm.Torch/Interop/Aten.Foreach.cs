namespace TrainMm.Torch.Interop;

internal static partial class Aten
{
    internal static readonly Operator ForeachAddListInPlace = new("aten::_foreach_add_", "List");
    internal static readonly Operator ForeachAddScalarInPlace = new("aten::_foreach_add_", "Scalar");
    internal static readonly Operator ForeachAddcdivScalarInPlace = new("aten::_foreach_addcdiv_", "Scalar");
    internal static readonly Operator ForeachAddcmulScalarInPlace = new("aten::_foreach_addcmul_", "Scalar");
    internal static readonly Operator ForeachMulScalarInPlace = new("aten::_foreach_mul_", "Scalar");
    internal static readonly Operator ForeachNormScalar = new("aten::_foreach_norm", "Scalar");
    internal static readonly Operator ForeachSqrt = new("aten::_foreach_sqrt");
}
