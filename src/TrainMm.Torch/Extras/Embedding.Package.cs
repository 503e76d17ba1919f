using TorchSharp;

namespace TrainMm.Torch;

public static partial class Embedding
{
    private static partial torch.Tensor LookupRows(torch.Tensor ids, torch.Tensor weight)
    {
        using var flat = ids.reshape(-1);
        using var rows = weight.index_select(0, flat);
        return rows.reshape([.. ids.shape, weight.shape[1]]);
    }
}
