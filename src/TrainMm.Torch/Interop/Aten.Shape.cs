namespace TrainMm.Torch.Interop;

internal static partial class Aten
{
    internal static readonly Operator Alias = new("aten::alias");
    internal static readonly Operator AsStrided = new("aten::as_strided");
    internal static readonly Operator Chunk = new("aten::chunk");
    internal static readonly Operator Clone = new("aten::clone");
    internal static readonly Operator Contiguous = new("aten::contiguous");
    internal static readonly Operator Diag = new("aten::diag");
    internal static readonly Operator DiagEmbed = new("aten::diag_embed");
    internal static readonly Operator Diagonal = new("aten::diagonal");
    internal static readonly Operator Expand = new("aten::expand");
    internal static readonly Operator ExpandAs = new("aten::expand_as");
    internal static readonly Operator FlattenUsingInts = new("aten::flatten", "using_ints");
    internal static readonly Operator Flip = new("aten::flip");
    internal static readonly Operator MovedimIntlist = new("aten::movedim", "intlist");
    internal static readonly Operator Narrow = new("aten::narrow");
    internal static readonly Operator Permute = new("aten::permute");
    internal static readonly Operator Repeat = new("aten::repeat");
    internal static readonly Operator RepeatInterleaveSelfInt = new("aten::repeat_interleave", "self_int");
    internal static readonly Operator RepeatInterleaveSelfTensor = new("aten::repeat_interleave", "self_Tensor");
    internal static readonly Operator Reshape = new("aten::reshape");
    internal static readonly Operator Roll = new("aten::roll");
    internal static readonly Operator SelectInt = new("aten::select", "int");
    internal static readonly Operator SliceTensor = new("aten::slice", "Tensor");
    internal static readonly Operator SplitTensor = new("aten::split", "Tensor");
    internal static readonly Operator SplitWithSizes = new("aten::split_with_sizes");
    internal static readonly Operator Squeeze = new("aten::squeeze");
    internal static readonly Operator SqueezeDim = new("aten::squeeze", "dim");
    internal static readonly Operator T = new("aten::t");
    internal static readonly Operator TensorSplitIndices = new("aten::tensor_split", "indices");
    internal static readonly Operator TensorSplitSections = new("aten::tensor_split", "sections");
    internal static readonly Operator Tile = new("aten::tile");
    internal static readonly Operator TransposeInt = new("aten::transpose", "int");
    internal static readonly Operator Tril = new("aten::tril");
    internal static readonly Operator Triu = new("aten::triu");
    internal static readonly Operator UnbindInt = new("aten::unbind", "int");
    internal static readonly Operator Unfold = new("aten::unfold");
    internal static readonly Operator Unsqueeze = new("aten::unsqueeze");
    internal static readonly Operator View = new("aten::view");
    internal static readonly Operator ViewAsComplex = new("aten::view_as_complex");
    internal static readonly Operator ViewAsReal = new("aten::view_as_real");
}
