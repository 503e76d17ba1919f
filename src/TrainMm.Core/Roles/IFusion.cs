using static TorchSharp.torch;

namespace TrainMm.Core.Roles;

/// <summary>Brings soft tokens into the language model: into its sequence, its layers, or both.</summary>
public interface IFusion : IDisposable
{
    /// <summary>Its parameters; null where it has none.</summary>
    nn.Module? Module => null;

    /// <summary>The width that soft tokens must have: what the input projectors project to.</summary>
    int MediaWidth { get; }

    /// <summary>Whether it acts within the layers at media positions alone, and so the language model needs to be told them.</summary>
    bool NeedsMediaMask => false;

    /// <summary>How many places a medium takes in the text.</summary>
    /// <param name="softTokens">Q, what the projector makes of it.</param>
    int PlacesFor(int softTokens) => softTokens;

    /// <summary>[B, T, D] → [B, T, D], with what stands at the media's places.</summary>
    /// <param name="embeddings">[B, T, D] of the batch's ids.</param>
    /// <param name="batch">Says which places the media take.</param>
    /// <param name="projected">Modality → [I, Q, media width].</param>
    /// <exception cref="InvalidOperationException">There are more or fewer soft tokens than places.</exception>
    Tensor Fuse(Tensor embeddings, Batch batch, IReadOnlyDictionary<string, Tensor> projected);

    /// <summary>[B, T] int64, the position of each token of a batch, which need not be its place.</summary>
    Tensor PositionsOf(Batch batch) => batch.Positions;

    /// <summary>What it does within the layers for this batch and for what continues it; null is nothing.</summary>
    /// <param name="batch">Says which places the media take.</param>
    /// <param name="projected">Modality → [I, Q, media width]; they live as long as what is given back.</param>
    /// <exception cref="InvalidOperationException">Media and their places do not agree.</exception>
    ILayerFusion? InLayers(Batch batch, IReadOnlyDictionary<string, Tensor> projected) => null;
}
