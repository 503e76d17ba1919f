namespace TrainMm.Torch.Interop;

internal static partial class Aten
{
    internal static readonly Operator BroadcastTensors = new("aten::broadcast_tensors");
    internal static readonly Operator Cat = new("aten::cat");
    internal static readonly Operator Complex = new("aten::complex");
    internal static readonly Operator Einsum = new("aten::einsum");
    internal static readonly Operator MeshgridIndexing = new("aten::meshgrid", "indexing");
    internal static readonly Operator SearchsortedTensor = new("aten::searchsorted", "Tensor");
    internal static readonly Operator Stack = new("aten::stack");
    internal static readonly Operator TrilIndices = new("aten::tril_indices");
    internal static readonly Operator TriuIndices = new("aten::triu_indices");
}
