using static TorchSharp.torch;

namespace TrainMm.Core.Roles;

/// <summary>Brings soft tokens into the language model's sequence.</summary>
public interface IFusion : IDisposable
{
    /// <summary>[B, T, D] → [B, T, D], with each modality's soft tokens, [I, Q, D], at their places.</summary>
    /// <param name="embeddings">[B, T, D] of the batch's ids.</param>
    /// <param name="batch">Says which places the media take.</param>
    /// <param name="projected">Modality → [I, Q, D].</param>
    /// <exception cref="InvalidOperationException">There are more or fewer soft tokens than places.</exception>
    Tensor Fuse(Tensor embeddings, Batch batch, IReadOnlyDictionary<string, Tensor> projected);
}
