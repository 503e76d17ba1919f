using static TorchSharp.torch;

namespace TrainMm.Models.LanguageModels;

/// <summary>The states of chosen layers at chosen positions, gathered while the language model decodes, with their gradient.</summary>
/// <param name="layers">From 0, the embeddings; what comes behind the final norm is not among them, since decoding itself yields it.</param>
/// <param name="positions">[S] int64, flat indices into [B·T].</param>
public sealed class LayerStates(IEnumerable<int> layers, Tensor positions)
{
    private readonly HashSet<int> chosen = [.. layers];
    private readonly Dictionary<int, Tensor> gathered = [];

    /// <summary>[S, D], a layer's output at the positions.</summary>
    /// <exception cref="KeyNotFoundException">The layer was not chosen, or the language model has not decoded yet.</exception>
    public Tensor this[int layer] => gathered[layer];

    /// <summary>Takes a layer's output (<see cref="Core.Roles.DecoderInput.Observe"/>).</summary>
    /// <param name="layer">The layer.</param>
    /// <param name="states">[B, T, D].</param>
    public void Observe(int layer, Tensor states)
    {
        if (chosen.Contains(layer)) gathered[layer] = states.reshape(-1, states.shape[^1]).index_select(0, positions); // [S, D]
    }
}
