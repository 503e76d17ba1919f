namespace TrainMm.Torch.Interop;

internal static partial class Aten
{
    internal static readonly Operator Argwhere = new("aten::argwhere");
    internal static readonly Operator Gather = new("aten::gather");
    internal static readonly Operator IndexAdd = new("aten::index_add");
    internal static readonly Operator IndexCopy = new("aten::index_copy");
    internal static readonly Operator IndexFillIntScalar = new("aten::index_fill", "int_Scalar");
    internal static readonly Operator IndexSelect = new("aten::index_select");
    internal static readonly Operator MaskedFillScalar = new("aten::masked_fill", "Scalar");
    internal static readonly Operator MaskedScatter = new("aten::masked_scatter");
    internal static readonly Operator MaskedSelect = new("aten::masked_select");
    internal static readonly Operator Nonzero = new("aten::nonzero");
    internal static readonly Operator ScatterAdd = new("aten::scatter_add");
    internal static readonly Operator ScatterSrc = new("aten::scatter", "src");
    internal static readonly Operator SelectScatter = new("aten::select_scatter");
    internal static readonly Operator SliceScatter = new("aten::slice_scatter");
    internal static readonly Operator Take = new("aten::take");
    internal static readonly Operator TakeAlongDim = new("aten::take_along_dim");
    internal static readonly Operator WhereSelf = new("aten::where", "self");
}
