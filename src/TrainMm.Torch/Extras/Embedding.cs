using TorchSharp;

namespace TrainMm.Torch;

/// <summary>Table look-up, which TorchSharp offers as a module only.</summary>
public static partial class Embedding
{
    /// <summary>Picks rows of a table; the gradient reaches the rows that were picked.</summary>
    /// <param name="ids">[...] int64, row numbers.</param>
    /// <param name="weight">[V, D], the table.</param>
    /// <returns>[..., D].</returns>
    public static torch.Tensor Lookup(torch.Tensor ids, torch.Tensor weight) => LookupRows(ids, weight);

    private static partial torch.Tensor LookupRows(torch.Tensor ids, torch.Tensor weight);
}
