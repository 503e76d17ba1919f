using TorchSharp;
using TrainMm.Torch.Interop;

namespace TrainMm.Torch;

public static partial class Embedding
{
    private static partial torch.Tensor LookupRows(torch.Tensor ids, torch.Tensor weight) => Aten.Embedding.Call(weight, ids);
}
