using TrainMm.Core;
using TrainMm.Core.Roles;
using TrainMm.Models.Layers;
using static TorchSharp.torch;

namespace TrainMm.Models.Fusion.Splice;

/// <summary>Writes each medium's soft tokens over the placeholders that were counted for it (LLaVA, arXiv:2304.08485, section 4.1); the gradient goes to the soft tokens.</summary>
/// <param name="width">D, the language model's width.</param>
public sealed class SpliceFusion(int width) : IFusion
{
    /// <inheritdoc/>
    public int MediaWidth => width;

    /// <inheritdoc/>
    public Tensor Fuse(Tensor embeddings, Batch batch, IReadOnlyDictionary<string, Tensor> projected)
    {
        var shape = embeddings.shape;
        var flat = embeddings.view(shape[0] * shape[1], shape[2]);                                   // [B·T, D]
        foreach (var (modality, media) in batch.Media)
        {
            if (!projected.TryGetValue(modality, out var tokens)) throw new InvalidOperationException($"The batch has media of modality '{modality}', the model has no such path.");
            Check(modality, tokens, media, shape[2]);
            flat = flat.index_copy(0, media.Places, tokens.reshape(-1, shape[2]).CastTo(flat.dtype)); // [B·T, D]
        }

        return flat.view(shape);                                                                     // [B, T, D]
    }

    /// <inheritdoc/>
    public void Dispose()
    {
    }

    private static void Check(string modality, Tensor tokens, MediaBatch media, long width)
    {
        var given = tokens.shape[0] * tokens.shape[1];
        var places = media.Places.shape[0];
        if (given != places)
            throw new InvalidOperationException($"{tokens.shape[0]} media of modality '{modality}' become {given} soft tokens ({tokens.shape[1]} each); the text keeps {places} places for them.");
        if (tokens.shape[2] != width)
            throw new InvalidOperationException($"The soft tokens of modality '{modality}' are {tokens.shape[2]} wide; the language model is {width} wide.");
    }
}
